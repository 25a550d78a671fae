/** The formats in which a feed may come, and how each is read. */
import { splitCsv } from "./csv.ts";
import type { Lines } from "./lines.ts";
import { firstCharacter, readLines } from "./read_lines.ts";
import { readText, takeHead } from "./read_text.ts";

/** JSON Lines or one JSON array, or CSV with a header; gzip around it or not. */
export type Format = "json" | "csv";

/** Makes lines of the bytes of an object; JSON when no format is given. */
export type Reader = (
  source: AsyncIterable<Uint8Array>,
  format?: string,
) => AsyncGenerator<Lines>;

const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;

/** Reads every format; CSV may have to have a certain header. */
export function reader(header?: string[]): Reader {
  return (source, format = "json") => {
    if (format === "json") return readLines(source);
    if (format === "csv") return splitCsv(readText(source), header);
    throw new TypeError(
      `Cannot read a feed: expected the format json or csv, found "${format}"`,
    );
  };
}

/** What the bytes say: JSON begins with a bracket, and no header does. */
export async function formatOf(
  source: AsyncIterable<Uint8Array>,
): Promise<Format> {
  const chunks = readText(source);
  try {
    const head = await takeHead(
      chunks,
      (bytes) => firstCharacter(bytes) !== undefined,
    );
    const first = firstCharacter(head);
    const is_json = first === undefined || first === OPEN_BRACE ||
      first === OPEN_BRACKET;
    return is_json ? "json" : "csv";
  } finally {
    await chunks.return(undefined);
  }
}
