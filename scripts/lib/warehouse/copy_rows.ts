/** Lines as rows of a COPY: batch, line number, body, with nothing escaped. */
import type { Lines } from "../bytes/lines.ts";

const SEPARATOR = 0x01;
const QUOTE = 0x02;
const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

const encoder = new TextEncoder();

/** The block as CSV whose separators are 0x01 and 0x02, which text hardly holds. */
export function copyRows(
  batch: string,
  lines: Lines,
): { bytes: Uint8Array; staged: number; blank: number } {
  const { bytes, starts, ends, count } = lines;
  const prefix = encoder.encode(`${batch}\x01`);
  const suspect = holdsAny(bytes, [SEPARATOR, QUOTE, CR]);
  // Twice the bytes only where quotes could have to be doubled.
  const room = count * (prefix.length + 20) +
    bytes.length * (suspect ? 2 : 1);
  const out = new Uint8Array(room);
  let at = 0;
  let blank = 0;
  for (let i = 0; i < count; i++) {
    const start = starts[i];
    const end = ends[i];
    if (end === -1) {
      blank++;
      continue;
    }
    out.set(prefix, at);
    at = writeNumber(out, at + prefix.length, lines.first + i);
    out[at++] = SEPARATOR;
    // Not text: no body, which CSV reads as null.
    if (end !== -2) {
      at = suspect || isEndMark(bytes, start, end) ||
          bytes.subarray(start, end).includes(LF)
        ? writeQuoted(out, at, bytes.subarray(start, end))
        : writePlain(out, at, { bytes, start, end });
    }
    out[at++] = LF;
  }
  return { bytes: out.subarray(0, at), staged: count - blank, blank };
}

function holdsAny(bytes: Uint8Array, values: number[]): boolean {
  return values.some((value) => bytes.includes(value));
}

/** Servers before 18 end a COPY silently at a line `\.`. */
function isEndMark(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 2 && bytes[start] === BACKSLASH &&
    bytes[start + 1] === DOT;
}

function writeNumber(out: Uint8Array, at: number, number: number): number {
  const digits = String(number);
  for (let i = 0; i < digits.length; i++) out[at + i] = digits.charCodeAt(i);
  return at + digits.length;
}

function writePlain(
  out: Uint8Array,
  at: number,
  { bytes, start, end }: { bytes: Uint8Array; start: number; end: number },
): number {
  out.set(bytes.subarray(start, end), at);
  return at + end - start;
}

function writeQuoted(out: Uint8Array, at: number, body: Uint8Array): number {
  out[at++] = QUOTE;
  for (let i = 0; i < body.length; i++) {
    if (body[i] === QUOTE) out[at++] = QUOTE;
    out[at++] = body[i];
  }
  out[at++] = QUOTE;
  return at;
}
