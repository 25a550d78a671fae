import { isUtf8 } from "node:buffer";
import type { Lines } from "./lines.ts";

/** The longest line or element that still counts as text. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;

const BLOCK_BYTES = 256 * 1024;
// Room for a CRLF: whatever fills such a block without an end is too long.
const BLOCK_BYTES_MAX = LINE_BYTES_MAX + 2;

/** Where the pieces (lines, elements) of a block start and end. */
export type Pieces = Pick<Lines, "starts" | "ends">;

/** Finds the pieces of a stream that it is shown block by block. */
export interface Splitter {
  /**
   * Looks at the bytes after `from`, adds the pieces that end there, and
   * returns where the unfinished piece starts. The next block starts with that
   * piece, so what lies before its `from` was seen already.
   */
  split(bytes: Uint8Array, from: number, pieces: Pieces): number;
  /** Adds the piece that the end of the source ends, or refuses that end. */
  end(bytes: Uint8Array, start: number, pieces: Pieces): void;
}

/** Gathers a stream into blocks of whole pieces; nothing after an error. */
export async function* splitBlocks(
  source: AsyncIterable<Uint8Array>,
  splitter: Splitter,
): AsyncGenerator<Lines> {
  let block = new Uint8Array(BLOCK_BYTES);
  let filled = 0;
  let seen = 0;
  let first = 1;
  let skipping = false; // the unfinished piece is too long, its bytes are gone
  let pieces: Pieces = { starts: [], ends: [] };

  for await (const chunk of source) {
    let taken = 0;
    while (taken < chunk.length) {
      const part = chunk.subarray(taken, taken + block.length - filled);
      block.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled < block.length) break;

      const start = splitter.split(block, seen, pieces);
      const count = pieces.ends.length;
      if (count === 0) skipping ||= block.length - start === BLOCK_BYTES_MAX;
      const rest = block.subarray(count === 0 && skipping ? filled : start);
      // Copied before the block is given away: its reader may transfer it.
      const next = new Uint8Array(roomFor(rest.length));
      next.set(rest);
      filled = seen = rest.length;

      if (count > 0) {
        yield finish(block.subarray(0, start), { first, pieces, skipping });
        first += count;
        skipping = false;
        pieces = { starts: [], ends: [] };
      }
      block = next;
    }
  }

  const bytes = block.subarray(0, filled);
  splitter.end(bytes, splitter.split(bytes, seen, pieces), pieces);
  if (skipping && pieces.ends.length === 0) {
    pieces.starts.push(0);
    pieces.ends.push(0);
  }
  if (pieces.ends.length > 0) yield finish(bytes, { first, pieces, skipping });
}

// Times four: a long piece is copied few times, and memory that is not
// written to yet costs nothing.
function roomFor(length: number): number {
  return Math.min(Math.max(BLOCK_BYTES, 4 * length), BLOCK_BYTES_MAX);
}

function finish(
  bytes: Uint8Array<ArrayBuffer>,
  { first, pieces: { starts, ends }, skipping }: {
    first: number;
    pieces: Pieces;
    skipping: boolean;
  },
): Lines {
  const isClean = isText(bytes);
  for (let i = 0; i < ends.length; i++) {
    const start = starts[i];
    const end = ends[i];
    if (isBlank(bytes, start, end)) ends[i] = -1;
    else if (end - start > LINE_BYTES_MAX) ends[i] = -2;
    else if (!isClean && !isText(bytes.subarray(start, end))) ends[i] = -2;
  }
  if (skipping) ends[0] = -2;
  return { bytes, first, count: ends.length, starts, ends };
}

function isText(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && !bytes.includes(0);
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  while (start < end && isWhite(bytes[start])) start++;
  return start === end;
}

/** Tells whether a byte is white space in JSON. */
export function isWhite(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}
