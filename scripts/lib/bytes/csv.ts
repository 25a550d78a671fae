import { checkHeader, readHeader } from "./csv_header.ts";
import { CsvObjects } from "./csv_objects.ts";
import { splitCsvRows } from "./csv_rows.ts";
import type { Lines } from "./lines.ts";
import { UnreadableError } from "./unreadable_error.ts";

/**
 * Reads CSV with a header as lines: each row is a JSON object of strings. What
 * cannot be one is something else of JSON, for SQL to reject: an array when it
 * has more or fewer fields than the header, a string, the row as it stands, when
 * a quote is where none belongs. A line has the number at which its row starts
 * in the file; those on which the row goes on count as blank.
 */
export async function* splitCsv(
  source: AsyncIterable<Uint8Array>,
  expected?: string[],
): AsyncGenerator<Lines> {
  let objects: CsvObjects | undefined;
  let line = 1;
  for await (const rows of splitCsvRows(source)) {
    let from = 0;
    if (objects === undefined) {
      while (from < rows.count && rows.ends[from] === -1) from++;
      line += from;
      if (from === rows.count) continue;
      const { names, height } = readHeader(rows, { from, line });
      checkHeader(names, { expected, line });
      objects = new CsvObjects(names, line + height);
      from++;
    }
    yield* objects.convert(rows, from);
  }
  if (objects !== undefined) return;
  throw new UnreadableError("expected a header, found the end of the data", {
    position: { line, column: 1 },
  });
}
