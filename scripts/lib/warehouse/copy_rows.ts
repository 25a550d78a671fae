/** Lines as rows of a binary COPY: batch, line number and body, nothing escaped. */
import type { Lines } from "../bytes/lines.ts";

/** What begins a binary COPY: its signature, no flags, no extension. */
export const COPY_HEAD = new Uint8Array([
  ...new TextEncoder().encode("PGCOPY\n"),
  ...[0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0],
]);

/** What ends it. */
export const COPY_TAIL = new Uint8Array([0xff, 0xff]);

const COLUMNS = 3;
const NULL = -1;

/** The rows of a block; every value goes with its length before it. */
export function copyRows(
  batch: string,
  { bytes, first, count, starts, ends }: Lines,
): { bytes: Uint8Array; staged: number; blank: number } {
  const head = rowHead(batch);
  const out = new Uint8Array(count * (head.length + 4) + bytes.length);
  const view = new DataView(out.buffer);
  let at = 0;
  let blank = 0;
  for (let i = 0; i < count; i++) {
    const start = starts[i];
    const end = ends[i];
    if (end === -1) {
      blank++;
      continue;
    }
    out.set(head, at);
    at += head.length;
    const number = first + i;
    view.setUint32(at - 8, Math.floor(number / 2 ** 32));
    view.setUint32(at - 4, number);
    // Not text: a row without a body.
    const is_text = end !== -2;
    view.setInt32(at, is_text ? end - start : NULL);
    at += 4;
    if (is_text) {
      out.set(bytes.subarray(start, end), at);
      at += end - start;
    }
  }
  return { bytes: out.subarray(0, at), staged: count - blank, blank };
}

/** How each row begins; its last eight bytes are the line number. */
function rowHead(batch: string): Uint8Array {
  const text = new TextEncoder().encode(batch);
  const head = new Uint8Array(2 + 4 + text.length + 4 + 8);
  const view = new DataView(head.buffer);
  view.setInt16(0, COLUMNS);
  view.setInt32(2, text.length);
  head.set(text, 6);
  view.setInt32(6 + text.length, 8);
  return head;
}
