import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { UnreadableError } from "./unreadable_error.ts";

// Fewer trips between zlib and us; larger ones bring nothing.
const CHUNK_BYTES = 256 * 1024;

/** Tells whether bytes start as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Unpacks a gzip stream of one or more members, up to its proven end. */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let givenCount = 0;
  async function* given() {
    for await (const chunk of source) {
      givenCount += chunk.length;
      // zlib reads ahead; the source may use its buffer again.
      yield chunk.slice();
    }
  }
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  const done = pipeline(given, unpacked);
  done.catch(() => {}); // reading `unpacked` throws the same error
  try {
    for await (const chunk of unpacked) yield chunk as Uint8Array;
    await done;
  } catch (error) {
    throw explain(error);
  } finally {
    await done.catch(() => {});
  }
  // zlib says nothing about zeros after a member, nor about what follows them.
  if (unpacked.bytesWritten !== givenCount) throw followedByOther();
}

const REASONS: Record<string, string> = {
  "unexpected end of file":
    "expected the rest of the gzip data, found its end: it was cut off",
  "incorrect data check":
    "expected the checksum of the gzip data, found another: it was changed",
  "incorrect length check":
    "expected the length of the gzip data, found another: it was changed",
};

function explain(error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (
    message === "incorrect header check" ||
    code === "ERR_STREAM_PUSH_AFTER_EOF" // a member that follows zeros
  ) return followedByOther(error);
  if (!code?.startsWith("Z_")) return error;
  const reason = REASONS[message] ??
    `expected gzip data, found other bytes: ${message}`;
  return new UnreadableError(reason, { cause: error });
}

function followedByOther(cause?: unknown): UnreadableError {
  return new UnreadableError(
    "expected the end of the gzip data or another member, found other bytes",
    { cause },
  );
}
