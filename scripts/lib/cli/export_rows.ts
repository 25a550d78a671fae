/** Writes rows to stdout, as a table for people or as data for programs. */
import type { Row } from "../warehouse/warehouse.ts";
import { jsonText, print } from "./output.ts";
import { table } from "./table.ts";

/** The formats that rows can be written in. */
export const FORMATS = ["table", "csv", "json", "jsonl"] as const;

/** More rows are no table any more. */
const TABLE_ROWS_MAX = 1000;

/** Streams rows to stdout; a table is cut after a thousand. */
export async function exportRows(
  rows: AsyncIterable<Row>,
  format: typeof FORMATS[number],
): Promise<void> {
  if (format === "table") return await exportTable(rows);
  let count = 0;
  for await (const row of rows) {
    const first = count++ === 0;
    if (format === "csv" && first) {
      print(Deno.stdout, csvLine(Object.keys(row)));
    }
    const text = format === "csv"
      ? csvLine(Object.values(row))
      : (format === "json" ? (first ? "[" : ",") : "") + jsonText(row);
    if (!print(Deno.stdout, text)) return;
  }
  if (format === "json") print(Deno.stdout, count ? "]" : "[]");
}

async function exportTable(rows: AsyncIterable<Row>): Promise<void> {
  const shown: Row[] = [];
  for await (const row of rows) {
    if (shown.length === TABLE_ROWS_MAX) {
      print(Deno.stdout, table(shown));
      print(Deno.stdout, `… more: --format csv writes all rows`);
      return;
    }
    shown.push(row);
  }
  print(Deno.stdout, table(shown));
}

function csvLine(values: unknown[]): string {
  return values.map((value) => {
    if (value === null || value === undefined) return "";
    const text = typeof value === "object" ? jsonText(value) : String(value);
    return /[",\r\n]/.test(text) || text === ""
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  }).join(",");
}
