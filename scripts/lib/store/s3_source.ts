/** The bytes of a new object, read once for their digest and, when there are many, once more in parts. */
import { crc32 } from "node:zlib";
import { Digest } from "../bytes/digest.ts";
import type { NewObject } from "./store.ts";

/** Up to this an object is put whole, and stays in memory until then. */
export const WHOLE_BYTES = 16 * 1024 * 1024;

/** S3 takes 10,000 parts: after so many they are larger. */
const SMALL_PARTS = 5_000;
const SMALL_PART_BYTES = 8 * 1024 * 1024;
const LARGE_PART_BYTES = 128 * 1024 * 1024;

function partBytes(number: number): number {
  return number <= SMALL_PARTS ? SMALL_PART_BYTES : LARGE_PART_BYTES;
}

/** What is known of a new object once its bytes have been read. */
export interface Source {
  sha256: string;
  byte_count: number;
  /** All of them, unless they are too many. */
  bytes: Uint8Array | undefined;
  /** The checksums of the parts in which many bytes are sent. */
  part_checksums: string[];
  open: () => AsyncIterable<Uint8Array>;
}

/** A part that is ready to be sent. */
export interface Part {
  number: number;
  bytes: Uint8Array;
  /** CRC-32 as S3 writes it, from when the digest of the whole was taken: the server compares. */
  checksum: string;
}

/** Reads an object through, and keeps its bytes if they are few. */
export async function readWhole(object: NewObject): Promise<Source> {
  const digest = new Digest();
  const parts = new PartChecksums();
  let kept: Uint8Array[] | undefined = [];
  for await (const chunk of digest.of(object.open())) {
    if (kept && digest.byte_count > WHOLE_BYTES) {
      kept.forEach((chunk) => parts.update(chunk));
      kept = undefined;
    }
    // A copy: the source may use its memory again.
    if (kept) kept.push(chunk.slice());
    else parts.update(chunk);
  }
  return {
    sha256: digest.sha256,
    byte_count: digest.byte_count,
    bytes: kept && joined(kept, digest.byte_count),
    part_checksums: parts.end(),
    open: object.open,
  };
}

/** Reads the bytes again, in parts; more or fewer than before are an error. */
export async function* readParts(source: Source): AsyncGenerator<Part> {
  let number = 1;
  let part = new Uint8Array(partBytes(number));
  let filled = 0;
  const ready = (bytes: Uint8Array): Part => {
    const checksum = source.part_checksums[number - 1];
    if (checksum === undefined) throw changedSource();
    return { number, bytes, checksum };
  };
  for await (const chunk of source.open()) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + part.length - filled);
      part.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < part.length) continue;
      yield ready(part);
      // Not used again: it is still being sent.
      part = new Uint8Array(partBytes(++number));
      filled = 0;
    }
  }
  if (filled) yield ready(part.subarray(0, filled));
  else number--;
  if (number !== source.part_checksums.length) throw changedSource();
}

/** Whether a part still is what it was when the digest of the whole was taken. */
export function isUnchanged({ bytes, checksum }: Part): boolean {
  return base64(crc32(bytes)) === checksum;
}

/** The error for a source that gave other bytes the second time. */
export function changedSource(): Error {
  return new Error(
    "Cannot put an object: expected the same bytes at the second reading, found others: the source changed, try again",
  );
}

/** The checksums of the parts of a stream, taken as it passes: next to nothing beside its digest. */
class PartChecksums {
  readonly #checksums: string[] = [];
  #checksum = 0;
  #filled = 0;

  update(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const size = partBytes(this.#checksums.length + 1);
      const piece = chunk.subarray(at, at + size - this.#filled);
      this.#checksum = crc32(piece, this.#checksum);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === size) this.#close();
    }
  }

  end(): string[] {
    if (this.#filled) this.#close();
    return this.#checksums;
  }

  #close(): void {
    this.#checksums.push(base64(this.#checksum));
    this.#checksum = 0;
    this.#filled = 0;
  }
}

function base64(checksum: number): string {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, checksum);
  return bytes.toBase64();
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
