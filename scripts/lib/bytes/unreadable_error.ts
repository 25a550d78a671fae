const LF = 10;
const EXCERPT_BYTES = 40; // on each side of the place

/** A place in a text; the column counts characters, both from 1. */
export interface Position {
  line: number;
  column: number;
}

/** Says what was expected and what was found in bytes that cannot be read. */
export class UnreadableError extends SyntaxError {
  /** Expected and found, without the place. */
  readonly reason: string;
  /** Left out when the bytes are no text yet, as in a broken gzip file. */
  readonly position?: Position;
  /** The line around the place, and under it a caret. */
  readonly excerpt?: string;

  constructor(
    reason: string,
    { position, excerpt, cause }: {
      position?: Position;
      excerpt?: string;
      cause?: unknown;
    } = {},
  ) {
    const place = position ? ` at ${position.line}:${position.column}` : "";
    const lines = excerpt ? `\n${excerpt}` : "";
    super(`Cannot read the bytes${place}: ${reason}${lines}`, { cause });
    this.reason = reason;
    this.position = position;
    this.excerpt = excerpt;
  }
}

/** Returns the position that is reached when the bytes have been passed. */
export function passBytes(
  { line, column }: Position,
  bytes: Uint8Array,
): Position {
  let start = 0;
  for (
    let lf = bytes.indexOf(LF);
    lf >= 0;
    lf = bytes.indexOf(LF, start)
  ) {
    line++;
    column = 1;
    start = lf + 1;
  }
  // A character is a byte that does not continue another one.
  for (let i = start; i < bytes.length; i++) {
    if ((bytes[i] & 0xc0) !== 0x80) column++;
  }
  return { line, column };
}

/** Returns the line around a place, at most 80 bytes of it, with a caret. */
export function excerptAt(bytes: Uint8Array, at: number): string {
  const before = bytes.subarray(Math.max(0, at - EXCERPT_BYTES), at);
  const after = bytes.subarray(at, at + EXCERPT_BYTES);
  const lf = after.indexOf(LF);
  const left = show(before.subarray(before.lastIndexOf(LF) + 1));
  const right = show(lf < 0 ? after : after.subarray(0, lf));
  return `  ${left}${right}\n  ${" ".repeat([...left].length)}^`;
}

// Control characters could move the caret, or a terminal's cursor.
function show(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/\p{Cc}/gu, " ");
}
