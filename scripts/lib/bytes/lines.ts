import { type Pieces, splitBlocks } from "./blocks.ts";

const LF = 10;
const CR = 13;

/** Consecutive lines that share one buffer; line i has number `first + i`. */
export interface Lines {
  /** About 256 KiB, more only when one line is longer. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Number of the first line, counted from 1. */
  first: number;
  /** How many lines. */
  count: number;
  /** Line i is `bytes[starts[i] .. ends[i])`, without its line end. */
  starts: number[];
  /** -1: blank (counted, not staged); -2: not text (staged without a body). */
  ends: number[];
}

/** Splits a stream of bytes into lines, each ended by LF, CRLF or the end. */
export function splitLines(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Lines> {
  return splitBlocks(source, { split, end });
}

function split(bytes: Uint8Array, from: number, lines: Pieces): number {
  let start = 0;
  for (
    let lf = bytes.indexOf(LF, from);
    lf >= 0;
    lf = bytes.indexOf(LF, start)
  ) {
    lines.starts.push(start);
    lines.ends.push(bytes[lf - 1] === CR ? lf - 1 : lf);
    start = lf + 1;
  }
  return start;
}

function end(bytes: Uint8Array, start: number, lines: Pieces): void {
  const stop = bytes.length;
  if (start === stop) return;
  lines.starts.push(start);
  lines.ends.push(bytes[stop - 1] === CR ? stop - 1 : stop);
}
