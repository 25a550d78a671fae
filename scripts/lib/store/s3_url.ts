/** The address of a bucket, or of a part of it. */
import { scrubbed } from "./s3_errors.ts";
import { isKey } from "./store.ts";

/** What `s3://bucket/prefix?endpoint=http://host:port` names. */
export interface S3Place {
  bucket: string;
  /** With a "/" at its end, or empty. */
  prefix: string;
  /** Without one it is the environment's matter. */
  endpoint: string | undefined;
  /** For people: without endpoint, which may hold a password. */
  label: string;
}

const FORM =
  /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([^?@]*))?(?:\?endpoint=(https?:\/\/[^?&]+))?$/;

/** A setting is wrong: nothing has happened yet. */
export function addressError(message: string): TypeError {
  return Object.assign(new TypeError(message), { exit_code: 64 });
}

/** An address for people: what stands before an "@" or after a "?" may be a key. */
export function shownAddress(url: string): string {
  return scrubbed(url.replace(/[?#].*/s, "?…")).replace(/^[^/]*@/, "***@");
}

/** Reads such an address; `what` it is for is named in the error. */
export function readS3Url(url: string, what: string): S3Place {
  const [, bucket, path = "", endpoint] = url.match(FORM) ?? [];
  const folder = path.replace(/\/+$/, "");
  if (!bucket || folder && !isKey(folder)) {
    throw addressError(
      `Cannot open the ${what}: expected "s3://bucket/prefix" or "s3://bucket/prefix?endpoint=http://host:port", found "${
        shownAddress(url)
      }": keys belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    );
  }
  return {
    bucket,
    prefix: folder && `${folder}/`,
    endpoint,
    label: `s3://${bucket}${folder && `/${folder}`}`,
  };
}
