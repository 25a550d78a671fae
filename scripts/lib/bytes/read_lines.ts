import { isWhite } from "./blocks.ts";
import { splitJsonArray } from "./json_array.ts";
import { type Lines, splitLines } from "./lines.ts";
import { joinHead, readText, takeHead } from "./read_text.ts";

const OPEN_BRACKET = 91;

/**
 * Reads a file of JSON Lines or of one JSON array, gzip around it or not, as
 * lines; which of them it is the bytes say, never a file name.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Lines> {
  const chunks = readText(source);
  try {
    // White space before the first character beyond the head is taken for lines.
    const head = await takeHead(
      chunks,
      (bytes) => firstCharacter(bytes) !== undefined,
    );
    const text = joinHead(head, chunks);
    const is_array = firstCharacter(head) === OPEN_BRACKET;
    yield* is_array ? splitJsonArray(text) : splitLines(text);
  } finally {
    await chunks.return(undefined);
  }
}

/** The first byte that is no white space. */
export function firstCharacter(head: Uint8Array): number | undefined {
  return head.find((byte) => !isWhite(byte));
}
