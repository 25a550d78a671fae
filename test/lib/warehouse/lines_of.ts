/** Makes blocks of lines for tests. */
import type { Lines } from "../../../scripts/lib/bytes/lines.ts";

/** Lines one after the other; null is not text, undefined is blank. */
export function linesOf(
  texts: (string | null | undefined)[],
  first = 1,
): Lines {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const text of texts) {
    const part = encoder.encode(text ?? "x");
    parts.push(part, encoder.encode("\n"));
    starts.push(at);
    ends.push(text === undefined ? -1 : text === null ? -2 : at + part.length);
    at += part.length + 1;
  }
  const bytes = new Uint8Array(at);
  let to = 0;
  for (const part of parts) {
    bytes.set(part, to);
    to += part.length;
  }
  return { bytes, first, count: texts.length, starts, ends };
}
