/** The bytes of a new object, read once for their digest and, when there are many, once more in parts. */
import { createHash } from "node:crypto";
import { Digest } from "../bytes/digest.ts";
import type { NewObject } from "./store.ts";

/** Up to this an object is put whole, and stays in memory until then. */
export const WHOLE_BYTES = 16 * 1024 * 1024;

/** What is known of a new object once its bytes have been read. */
export interface Source {
  sha256: string;
  byte_count: number;
  /** All of them, unless they are too many. */
  bytes: Uint8Array | undefined;
  open: () => AsyncIterable<Uint8Array>;
}

/** A part that is ready to be sent. */
export interface Part {
  number: number;
  bytes: Uint8Array;
  sha256: string;
}

/** Reads an object through, and keeps its bytes if they are few. */
export async function readWhole(object: NewObject): Promise<Source> {
  const digest = new Digest();
  let kept: Uint8Array[] | undefined = [];
  for await (const chunk of digest.of(object.open())) {
    if (digest.byte_count > WHOLE_BYTES) kept = undefined;
    // A copy: the source may use its memory again.
    kept?.push(chunk.slice());
  }
  return {
    sha256: digest.sha256,
    byte_count: digest.byte_count,
    bytes: kept && joined(kept, digest.byte_count),
    open: object.open,
  };
}

/** Reads the bytes again, in parts of this size; other bytes than before are an error. */
export async function* readParts(
  source: Source,
  part_size: number,
): AsyncGenerator<Part> {
  const digest = new Digest();
  let number = 1;
  let part = new Uint8Array(part_size);
  let filled = 0;
  for await (const chunk of digest.of(source.open())) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + part_size - filled);
      part.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < part_size) continue;
      yield partOf(number++, part);
      // Not used again: it is still being sent.
      part = new Uint8Array(part_size);
      filled = 0;
    }
  }
  if (digest.sha256 !== source.sha256) {
    throw new Error(
      `Cannot put an object: expected its bytes twice with sha256 ${source.sha256}, found ${digest.sha256} the second time: the source changed, try again`,
    );
  }
  if (filled) yield partOf(number, part.subarray(0, filled));
}

function partOf(number: number, bytes: Uint8Array): Part {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { number, bytes, sha256 };
}

function joined(chunks: Uint8Array[], byte_count: number): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(byte_count);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
