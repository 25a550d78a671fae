/** What went wrong with an S3 store, in plain sentences without secrets. */
import { DeadlineError } from "./retry.ts";

/** An error as the SDK throws it, whoever made it. */
interface Thrown {
  name?: string;
  /** Of the operating system: ECONNRESET and the like. */
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
}

/** A call that has failed for good: what could not be done, why, what to do. */
export class S3Error extends Error {
  override name = "S3Error";
  /** There is an object under the key, or somebody is just making one. */
  readonly is_conflict: boolean;
  /** There is no such object or upload. */
  readonly is_absent: boolean;
  /** The HTTP status of the answer, if one came. */
  readonly status: number | undefined;

  constructor(
    { what, at, note }: { what: string; at: string; note: string },
    error: unknown,
  ) {
    super(`Cannot ${what}: ${reasonOf(error, at)}${note}`, {
      cause: causeOf(error),
    });
    this.status = statusOf(error);
    this.is_conflict = this.status === 409 || this.status === 412;
    // With 404 some servers also say that they do not know the bucket, or the key of the caller.
    this.is_absent = this.status === 404 &&
      (nameOf(error) === "NoSuchKey" || !SENTENCES[nameOf(error)]);
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as Thrown)?.$metadata?.httpStatusCode;
}

function nameOf(error: unknown): string {
  return (error as Thrown)?.name ?? "";
}

/** Errors of the way, not of what was asked. */
const PASSING_CODES =
  /^(ECONN|EPIPE|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|EAI_AGAIN|ENOTFOUND)/;

/** Bytes that were changed on their way are sent again, and a busy store asks for it. */
const PASSING_NAMES = [
  "BadDigest",
  "ConditionalRequestConflict",
  "CutAnswer",
  "OperationAborted",
  "RequestTimeout",
  "SlowDown",
  "TimeoutError",
  "XAmzContentSHA256Mismatch",
];

/** Whether trying again may help. */
export function isPassing(error: unknown): boolean {
  if (error instanceof DeadlineError) return true;
  const { name = "", code = "", message = "" } = error as Thrown;
  if (isForbiddenHere(error)) return false;
  if (PASSING_NAMES.includes(name) || PASSING_CODES.test(code)) return true;
  const status = statusOf(error);
  if (status === undefined) {
    return /socket hang up|aborted|premature|connection (was )?(reset|closed)|error (reading|sending)|end of file|parse error/i
      .test(message);
  }
  // An answer of 200 whose text was cut cannot be read: that is the way, too.
  return status === 429 || status >= 500 || status < 300;
}

/** Deno's permissions: no other try changes them. */
function isForbiddenHere(error: unknown): boolean {
  return nameOf(error) === "NotCapable" ||
    /Requires \w+ access/.test((error as Thrown).message ?? "");
}

const CREDENTIALS =
  "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile that AWS_PROFILE names";

/** What is expected and what to do, by the store's own name of the error. */
const SENTENCES: Record<string, string> = {
  AccessDenied:
    "expected to be allowed to, found access denied: let these credentials get, put and list there",
  AuthorizationHeaderMalformed:
    "expected the region of the bucket, found another: set AWS_REGION",
  BadDigest:
    "expected the bytes to arrive as they were sent, found another checksum: look at the network, then try again",
  CredentialsProviderError:
    "expected credentials, found none: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
  ExpiredToken:
    "expected credentials that are valid now, found expired ones: renew them",
  Forbidden:
    "expected to be allowed to, found 403 Forbidden: let these credentials get, put and list there",
  InvalidAccessKeyId:
    `expected an access key that the store knows, found another: ${CREDENTIALS}`,
  NoSuchBucket:
    "expected the bucket to be there, found none: make it, or correct the store's URL",
  NoSuchKey: "expected an object, found nothing there",
  PermanentRedirect:
    "expected the region of the bucket, found another: set AWS_REGION",
  RequestTimeTooSkewed:
    "expected this machine's clock to agree with the store's, found them more than 15 minutes apart: set the clock, then try again",
  SignatureDoesNotMatch:
    `expected a secret key that fits the access key, found another: ${CREDENTIALS}`,
};

// One server's own word for it.
SENTENCES.XAdminUserNotFound = SENTENCES.InvalidAccessKeyId;

/** By the operating system's code; `at` is the store's address. */
const WAY: Record<string, string> = {
  ECONNREFUSED: "nobody listening there: start the store, or correct",
  ENOTFOUND: "no such host: correct",
  EAI_AGAIN: "no answer from the name server: look at the network, or correct",
};

/** The reason of an error, for after the colon. */
function reasonOf(error: unknown, at: string): string {
  const { name = "", code = "", message = "" } = error as Thrown;
  if (error instanceof DeadlineError) return `${error.message} from ${at}`;
  if (SENTENCES[name]) return SENTENCES[name];
  if (WAY[code]) {
    return `expected an answer from ${at}, found ${
      WAY[code]
    } AWS_ENDPOINT_URL_S3`;
  }
  if (/did not establish a connection/.test(message)) {
    return `expected a connection to ${at}, found none in time: look at the network, or correct AWS_ENDPOINT_URL_S3`;
  }
  const status = statusOf(error);
  if (status !== undefined && status >= 300) {
    const said = scrubbed(message || name).replace(/\.$/, "");
    return `expected a 2xx answer from ${at}, found ${status} ${name}: ${said}`;
  }
  return `expected a whole answer from ${at}, found: ${
    scrubbed(message || name || String(error))
  }`;
}

/** The cause for those who debug: no header, no field of the SDK's error, where keys may stand. */
function causeOf(error: unknown): Error {
  const { name = "Error", message = "" } = error as Thrown;
  const cause = new Error(scrubbed(message));
  cause.name = name;
  return cause;
}

/** Text without what stands before the "@" of an address. */
export function scrubbed(text: string): string {
  return text.replace(/(\/\/)[^\s/]*@/g, "$1***@");
}
