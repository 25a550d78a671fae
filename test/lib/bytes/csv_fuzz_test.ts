/** CSV of chance: each row and value comes back, or the file has a place at which it is refused. */
import { assertEquals } from "@std/assert";
import { UnreadableError } from "../../../scripts/lib/bytes/unreadable_error.ts";
import { csvLines, type Refused, slowCsv } from "./csv_lines.ts";
import { assertSameLines, bytesOf, type Line, Random } from "./streams.ts";

const IS_FULL = Boolean(Deno.env.get("REQUIRE_ALL"));
const INPUTS = IS_FULL ? 10_000 : 1_500;
const FILES = IS_FULL ? 60 : 6;

const ALPHABETS = [
  'a,"\n',
  '",\r\n x',
  '"\n\0é',
  "ab,\n\\\t\u0001",
  'aaaaaaaa"",,\n\n',
  "€😀,\n\"{}[]:'",
];

Deno.test("random bytes are rows that come back, or have a place", async () => {
  const random = new Random("CSV bytes");
  let row_count = 0;
  for (let round = 0; round < INPUTS; round++) {
    const alphabet = [...random.pick(ALPHABETS)];
    const names = random.pick(["a", "a,b", '"a\n",b,c', "é,b\r", ""]);
    const body = random.list(
      random.below(random.below(20) ? 40 : 1200),
      () => random.pick(alphabet),
    );
    const csv = bytesOf(`${names}\n${body.join("")}`);
    for (let k = random.below(6) - 3; k > 0; k--) {
      csv[random.below(csv.length)] = random.pick([0, 255, 0xc3, 34, 10, 13]);
    }
    row_count += await sameAsSlow(csv, random);
  }
  console.log(`${INPUTS} inputs, ${row_count} rows`);
});

async function sameAsSlow(csv: Uint8Array, random: Random): Promise<number> {
  const expected = slowCsv(csv);
  const most = random.pick([1, 3, 64]);
  const size = () => 1 + random.below(most);
  const found = await linesOrRefused(csv, size);
  if ("refused_line" in expected || "refused_line" in found) {
    assertEquals(found, expected, JSON.stringify(String(csv)));
    return 0;
  }
  assertSameLines(found, expected);
  return found.length;
}

async function linesOrRefused(
  csv: Uint8Array,
  size: () => number,
): Promise<Line[] | Refused> {
  try {
    return await csvLines(csv, { size });
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { refused_line: error.position!.line };
  }
}

Deno.test("well-formed files come back as they were written, and as sqlite3 reads them", async (t) => {
  const random = new Random("CSV files");
  const has_sqlite3 = await sqlite3("select 1;").then(() => true, () => false);
  if (!has_sqlite3 && IS_FULL) throw new Error("sqlite3 is not there");
  const folder = await Deno.makeTempDir({ prefix: "sluice_csv_" });
  try {
    for (let file = 0; file < FILES; file++) {
      const { csv, rows } = makeFile(random);
      const size = () => 1 + random.below(70_000);
      const found = (await csvLines(csv, { size }))
        .filter(([, body]) => body !== "blank")
        .map(([, body]) => Object.values(JSON.parse(body!)) as string[]);
      assertRows(found, rows);
      if (!has_sqlite3) continue;
      await Deno.writeFile(`${folder}/in.csv`, csv);
      assertRows(await readBySqlite3(folder, rows[0].length), rows);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  await t.step({
    name: "sqlite3 read them too",
    ignore: !has_sqlite3,
    fn: () => {},
  });
});

const PIECES = ["a", ",", '"', "\n", "\r\n", " ", "é", "😀", "\t", "\\", "x y"];

/** A file as a careful writer writes it: quoted where it must be, and at times elsewhere. */
function makeFile(random: Random): { csv: Uint8Array; rows: string[][] } {
  const width = 2 + random.below(6);
  const line_end = random.pick(["\n", "\r\n"]);
  const rows = random.list(
    1 + random.below(random.pick([5, 3000])),
    () =>
      random.list(width, () =>
        random.list(
          random.below(random.below(50) ? 6 : 5000),
          () => random.pick(PIECES),
        ).join("")),
  );
  const header = rows[0].map((_, i) => `column_${i}`);
  const text =
    [header, ...rows].map((row) =>
      row.map((value) =>
        /[,"\r\n]/.test(value) || random.below(9) === 0
          ? `"${value.replaceAll('"', '""')}"`
          : value
      ).join(",")
    ).join(line_end) + random.pick(["", line_end]);
  return { csv: bytesOf(text), rows };
}

/** `.import` into a table; the values come back as hexadecimal text, a row a line. */
async function readBySqlite3(
  folder: string,
  width: number,
): Promise<string[][]> {
  const columns = Array.from({ length: width }, (_, i) => `hex(column_${i})`);
  const output = await sqlite3(
    `.import --csv ${folder}/in.csv rows\nselect ${
      columns.join(" || '|' || ")
    } from rows order by rowid;`,
  );
  return output.trimEnd().split("\n").map((line) =>
    line.split("|").map((hex) => {
      const bytes = hex.match(/../g)?.map((two) => parseInt(two, 16)) ?? [];
      return new TextDecoder().decode(new Uint8Array(bytes));
    })
  );
}

async function sqlite3(script: string): Promise<string> {
  const child = new Deno.Command("sqlite3", {
    args: ["-bail", "-init", "/dev/null", ":memory:"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(bytesOf(`${script}\n`));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(new TextDecoder().decode(stderr));
}

/** Says the first row that differs; assertEquals takes minutes for that. */
function assertRows(found: string[][], expected: string[][]): void {
  assertEquals(found.length, expected.length);
  const at = found.findIndex((row, i) =>
    JSON.stringify(row) !== JSON.stringify(expected[i])
  );
  if (at >= 0) assertEquals(found[at], expected[at], `row ${at + 1}`);
}
