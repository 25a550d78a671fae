import { assertEquals, assertStringIncludes } from "@std/assert";
import { runCode } from "./run_code.ts";

const ROWS = [
  { ride_id: "9007199254740993", dock: 'a "b", c', note: "two\nlines\r\n" },
  { ride_id: "-1", dock: "", note: null },
  { ride_id: "2", dock: " é; 🚲", note: "=1+1" },
];

async function written(
  format: string,
  rows: unknown[] = ROWS,
): Promise<string> {
  const { code, stdout, stderr } = await runCode(
    `import { exportRows } from "LIB/cli/export_rows.ts";
const rows = ${
      JSON.stringify(rows)
    }.map((row) => ({ ...row, ride_id: BigInt(row.ride_id) }));
await exportRows(ReadableStream.from(rows), "${format}");`,
  );
  assertEquals(code, 0, stderr);
  return stdout;
}

/** A reader of CSV of its own: what is quoted is text, what is empty is null. */
function readCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [[]];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\n)/y;
  for (let match = field.exec(text); match; match = field.exec(text)) {
    const [, quoted, bare, end] = match;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? (bare || null));
    if (end === "\n" && field.lastIndex < text.length) rows.push([]);
  }
  return rows;
}

Deno.test("rows come back from CSV as they were, null and empty apart", async () => {
  assertEquals(readCsv(await written("csv")), [
    ["ride_id", "dock", "note"],
    ...ROWS.map((row) => Object.values(row)),
  ]);
});

Deno.test("rows come back from JSON and JSON Lines as they were, numbers exact", async () => {
  const exact = (text: string) =>
    JSON.parse(
      text,
      (key, value, context?: { source: string }) =>
        key === "ride_id" ? context!.source : value,
    );
  assertEquals(exact(await written("json")), ROWS);
  const lines = (await written("jsonl")).trimEnd().split("\n");
  assertEquals(lines.map(exact), ROWS);
});

Deno.test("no rows are an empty array, no lines, and said in a table", async () => {
  assertEquals(await written("json", []), "[]\n");
  assertEquals(await written("jsonl", []), "");
  assertEquals(await written("csv", []), "");
  assertEquals(await written("table", []), "(no rows)\n");
});

Deno.test("a table ends after a thousand rows, and says how to get all", async () => {
  const rows = Array.from({ length: 1001 }, (_, i) => ({ ride_id: `${i}` }));
  const text = await written("table", rows);
  assertEquals(text.trimEnd().split("\n").length, 2 + 1000 + 1);
  assertStringIncludes(text, "--format csv writes all rows");
  const all = await written("table", rows.slice(1));
  assertEquals(all.includes("--format"), false);
});
