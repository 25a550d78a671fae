import { CsvObjects } from "./csv_objects.ts";
import type { Lines } from "./lines.ts";
import { UnreadableError } from "./unreadable_error.ts";

/** The names in the header, and how many lines of the file it takes. */
export interface Header {
  names: string[];
  height: number;
}

/** Reads row `from` as a header; its names are the keys of all rows after it. */
export function readHeader(
  rows: Lines,
  { from, line }: { from: number; line: number },
): Header {
  // A row of no known width is an array, or a string when it is broken.
  const row = {
    ...rows,
    count: from + 1,
    starts: rows.starts.slice(0, from + 1),
    ends: rows.ends.slice(0, from + 1),
  };
  const [lines] = [...new CsvObjects([], line).convert(row, from)];
  const { bytes, starts, ends, count } = lines;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    bytes.subarray(starts[0], Math.max(0, ends[0])),
  );
  const found = ends[0] < 0 ? undefined : JSON.parse(text);
  const refuse = (reason: string) =>
    new UnreadableError(`expected a header, found ${reason}`, {
      position: { line, column: 1 },
    });
  if (found === undefined) throw refuse("a line that is not text");
  if (typeof found === "string") {
    throw refuse(`a quote where none belongs: ${text.slice(0, 200)}`);
  }
  const names: string[] = found;
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw refuse(`${JSON.stringify(twice)} twice: ${shown(names)}`);
  }
  if (names.some((name) => !name.trim())) {
    throw refuse(`a column without a name: ${shown(names)}`);
  }
  return { names, height: count };
}

/** Refuses a header that is not the expected one, names and order. */
export function checkHeader(
  names: string[],
  { expected, line }: { expected?: string[]; line: number },
): void {
  if (!expected || JSON.stringify(names) === JSON.stringify(expected)) return;
  throw new UnreadableError(
    `expected the header ${shown(expected)}, found ${shown(names)}`,
    { position: { line, column: 1 } },
  );
}

/** Quoted only where a name could be misread. */
function shown(names: string[]): string {
  return names.map((name) => /^\w+$/.test(name) ? name : JSON.stringify(name))
    .join(",").slice(0, 1000);
}
