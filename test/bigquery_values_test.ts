/** ZetaSQL computes what BigQuery would: each line is read as SQLite reads it. */
import { assert, assertEquals } from "@std/assert";
import { formatOf, reader } from "../scripts/lib/bytes/formats.ts";
import type { Lines } from "../scripts/lib/bytes/lines.ts";
import { openJob } from "../scripts/lib/run/open_job.ts";
import { runFile } from "../scripts/lib/run/run_folder.ts";
import { parseSqlFile } from "../scripts/lib/run/sql_file.ts";
import { allRows, type Row } from "../scripts/lib/warehouse/warehouse.ts";
import { makeEnvironment } from "./support/environment.ts";
import { madeBy, migratedCatalog } from "./support/judge_sql.ts";
import { quietContext } from "./support/quiet_context.ts";
import { type ZetaSql, zetaSqlTest } from "./support/zetasql.ts";
import { rowMessage, rowsOf } from "./support/zetasql_values.ts";
import { readTree } from "./tidy/tidy.ts";

interface Line {
  feed: string;
  batch: string;
  line_number: number;
  body: string | null;
}

const JOBS = { posts: ["posts", "votes"], catalog: ["catalog"] };
/** The evaluator takes its time with each word of a line. */
const LINE_LENGTH_MAX = 1_000;

for (const [job, feeds] of Object.entries(JOBS)) {
  zetaSqlTest(
    `${job}: every line of the cases is read alike by BigQuery and SQLite`,
    async (zetasql) => {
      const lines = await linesOf(job, feeds);
      assert(lines.length > 100, `found ${lines.length} lines`);
      const names = namesOf(job);
      const expected = await computeInSqlite(job, { names, lines });
      const found = await computeInZetaSql(zetasql, { job, names, lines });
      assertEquals([...found.keys()].sort(), [...expected.keys()].sort());
      for (const [table, rows] of found) {
        // Which file finds a line unreadable is no matter, but that it is one.
        if (!table.startsWith("clean_")) continue;
        assertEquals(sorted(rows), sorted(expected.get(table)!), table);
      }
    },
  );
}

/** The files that read lines: 005 to 011. */
function namesOf(job: string): string[] {
  return [...Deno.readDirSync(`sql/${job}/sqlite`)].map(({ name }) => name)
    .filter((name) => /_clean_/.test(name)).sort();
}

/** The lines of all deliveries of all cases; a file that cannot be read ends early. */
async function linesOf(job: string, feeds: string[]): Promise<Line[]> {
  const lines: Line[] = [];
  for (const { name: folder } of Deno.readDirSync(`test/cases/${job}`)) {
    for (const { name } of Deno.readDirSync(`test/cases/${job}/${folder}`)) {
      const match = name.match(/^given_(?:\d+_)?(?!run\.)([a-z]+)/);
      if (!match || !feeds.includes(match[1])) continue;
      const path = `test/cases/${job}/${folder}/${name}`;
      const batch = `${path} 2021-04-03`;
      try {
        const read = reader();
        const format = await formatOf(bytesOf(path));
        for await (const some of read(bytesOf(path), format)) {
          lines.push(...stagedLines(some, { feed: match[1], batch }));
        }
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) throw error;
      }
    }
  }
  const short = lines.filter(({ body }) =>
    (body?.length ?? 0) < LINE_LENGTH_MAX
  );
  // Of lines that are the same in many cases, one.
  const own = new Map(short.map((line) => [line.feed + line.body, line]));
  return [...own.values()];
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  yield await Deno.readFile(path);
}

/** As loads stage them: no blank lines, null for what is no text. */
function* stagedLines(
  { bytes, first, count, starts, ends }: Lines,
  { feed, batch }: Pick<Line, "feed" | "batch">,
): Generator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let i = 0; i < count; i++) {
    if (ends[i] === -1) continue;
    let body: string | null = null;
    try {
      const text = decoder.decode(bytes.subarray(starts[i], ends[i]));
      if (ends[i] !== -2 && !text.includes("\0")) body = text;
    } catch {
      // It is no text.
    }
    yield { feed, batch, line_number: first + i, body };
  }
}

async function computeInSqlite(
  job: string,
  { names, lines }: { names: string[]; lines: Line[] },
): Promise<Map<string, Row[]>> {
  await using environment = await makeEnvironment("sqlite");
  const { warehouse, close } = await openJob(job, quietContext(environment));
  await warehouse.begin();
  for (const { feed, batch, line_number, body } of lines) {
    await warehouse.execute(
      `insert into staging_${feed} (batch, line_number, body) values ($1, $2, $3)`,
      [batch, line_number, body],
    );
  }
  const tables = new Map<string, Row[]>();
  for (const name of names) {
    const path = `sql/${job}/sqlite/${name}`;
    const file = parseSqlFile(path, await Deno.readTextFile(path));
    await runFile(warehouse, file);
    const table = file.header.get("writes")!;
    tables.set(table, await allRows(warehouse, `select * from ${table}`));
  }
  await warehouse.rollback();
  await close();
  return tables;
}

async function computeInZetaSql(
  zetasql: ZetaSql,
  { job, names, lines }: { job: string; names: string[]; lines: Line[] },
): Promise<Map<string, Row[]>> {
  const { catalog } = await migratedCatalog(
    zetasql,
    readTree(`migrations/bigquery/${job}`),
  );
  for (const { feed, batch, line_number, body } of lines) {
    catalog.tables.get(`staging_${feed}`)!.rows
      .push(rowMessage([batch, line_number, body]));
  }
  const tables = new Map<string, Row[]>();
  for (const name of names) {
    const path = `sql/${job}/bigquery/${name}`;
    const [{ text }] = parseSqlFile(path, await Deno.readTextFile(path))
      .statements;
    const made = (await madeBy(zetasql, text, catalog))!;
    const table = await zetasql.evaluate(made.select!, catalog);
    catalog.tables.set(made.name, table);
    tables.set(made.name, rowsOf(table));
  }
  return tables;
}

/** What is compared: of a line that is rejected its reason, of others all values. */
function sorted(rows: Row[]): string[] {
  return rows.map(({ unknown_keys, unknown_fields, ...row }) => {
    const { batch, line_number, reason } = row;
    // An array in one, an object with the values in the other.
    const keys = unknown_keys ??
      Object.keys(JSON.parse(unknown_fields as string ?? "{}"));
    return JSON.stringify(
      reason ? { batch, line_number, reason } : Object.fromEntries(
        Object.entries({ ...row, unknown_keys: keys }).sort(),
      ),
      (_, value) =>
        typeof value === "bigint" || typeof value === "number"
          ? String(value)
          : value,
    );
  }).sort();
}
