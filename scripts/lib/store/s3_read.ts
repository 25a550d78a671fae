/** Reads from S3: objects that are whole, and listings that are. */
import { type Patience, Tries } from "./retry.ts";
import type { S3Client } from "./s3_client.ts";
import { isPassing, S3Error } from "./s3_errors.ts";

/** What is to be read. */
export interface Reading {
  key: string;
  /** Of the store, for errors. */
  label: string;
  patience: Patience;
  /** Only this content will do. */
  etag?: string;
  /** Is told the metadata before the first byte. */
  noted?: (metadata: Record<string, string> | undefined) => void;
}

/** The bytes of an object; a body that breaks off is read on from there, if it still is the same object. */
export async function* readObject(
  client: S3Client,
  { key, label, patience, etag, noted }: Reading,
): AsyncGenerator<Uint8Array> {
  const what = `read "${key}" in ${label}`;
  const tries = new Tries(patience);
  let is_same = etag;
  let size: number | undefined;
  let at = 0;
  while (true) {
    const answer = await client.call("get", {
      what,
      input: {
        Key: key,
        ...(size === undefined ? {} : { Range: `bytes=${at}-` }),
        ...(is_same ? { IfMatch: is_same } : {}),
      },
      whole: ({ ContentLength }) => ContentLength !== undefined,
    });
    is_same ??= answer.ETag;
    size ??= answer.ContentLength!;
    if (at === 0) noted?.(answer.Metadata);
    const body = answer.Body as unknown as AsyncIterable<Uint8Array>;
    try {
      for await (const chunk of client.read(body, size - at)) {
        at += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      if (error instanceof S3Error) throw error;
      if (isPassing(error) && await tries.another()) continue;
      throw client.error(what, error, tries);
    }
  }
}

/** An object as a listing shows it. */
export interface Listed {
  key: string;
  bytes: number;
  modified_at: Date;
  etag: string;
}

/** What is to be listed: a prefix and, of what lies right under it, what comes after a key. */
export interface Listing {
  under: string;
  after: string;
  /** Of the store, for errors. */
  label: string;
  page_size: number;
}

/** The objects under a prefix in order of key; what lies in deeper folders is left out. */
export async function* listObjects(
  client: S3Client,
  { under, after, label, page_size }: Listing,
): AsyncGenerator<Listed> {
  let token: string | undefined;
  do {
    const page = await client.call("list", {
      what: `list "${under}" in ${label}`,
      input: {
        Prefix: under,
        Delimiter: "/",
        MaxKeys: page_size,
        ...(token ? { ContinuationToken: token } : { StartAfter: after }),
      },
      // Half a listing would look like fewer objects.
      whole: ({ IsTruncated, NextContinuationToken }) =>
        IsTruncated === false ||
        IsTruncated === true && Boolean(NextContinuationToken),
    });
    for (
      const { Key = "", Size = 0, LastModified, ETag = "" } of page.Contents ??
        []
    ) {
      yield {
        key: Key,
        bytes: Size,
        modified_at: LastModified ?? new Date(0),
        etag: ETag,
      };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token);
}
