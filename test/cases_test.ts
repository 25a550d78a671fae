/** Every case of `test/cases/<job>/`: rows in, rows out, alike in each dialect. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { RunOptions } from "../scripts/lib/run/context.ts";
import { openJob } from "../scripts/lib/run/open_job.ts";
import type { Feed } from "../scripts/lib/run/run_job.ts";
import { givenFile } from "../scripts/lib/store/arrivals.ts";
import { readFolder } from "../scripts/lib/run/sql_file.ts";
import {
  type Environment,
  makeEnvironment,
  missing,
  WAREHOUSES,
} from "./support/environment.ts";
import { differences } from "./support/equal_rows.ts";
import { quietContext } from "./support/quiet_context.ts";
import { type Outcome, runInProcess } from "./support/run_in_process.ts";

interface Expected {
  exit?: number;
  stderr?: string[];
}

/** How a delivery is run: the flags that are given with it, and what its script knows. */
interface Given extends RunOptions {
  header?: string[];
}

/** One file of a delivery; what its script tells of it stands in its name. */
interface GivenFile {
  name: string;
  label?: string;
}

const FOLDER = "test/cases";
const IS_FULL = Boolean(Deno.env.get("REQUIRE_ALL"));
/** Without REQUIRE_ALL every so many cases run on BigQuery: one takes seconds there. */
const BIGQUERY_STEP = 10;

for (const job of names(FOLDER)) {
  for (const [index, name] of names(`${FOLDER}/${job}`).entries()) {
    for (const dialect of WAREHOUSES) {
      if (!exists(`sql/${job}/${dialect}`)) continue;
      const is_sampled = IS_FULL || index % BIGQUERY_STEP === 0;
      if (dialect === "bigquery" && !is_sampled) continue;
      const reason = missing(dialect);
      Deno.test({
        name: `${job}: ${name.replaceAll("_", " ")} (${reason ?? dialect})`,
        ignore: reason !== undefined,
        fn: async () => {
          await using environment = await makeEnvironment(dialect, job);
          const place = { job, folder: `${FOLDER}/${job}/${name}` };
          await runCase(environment, place);
        },
      });
    }
  }
}

async function runCase(
  environment: Environment,
  { job, folder }: { job: string; folder: string },
): Promise<void> {
  await fillBefore(environment, { job, folder });
  const deliveries = deliveriesOf(folder);
  const expected = readJson(`${folder}/then_run.json`) as
    | Expected
    | Record<string, Expected>
    | undefined;
  const runs = readJson(`${folder}/given_run.json`) as Record<string, Given>;
  for (const [number, files] of deliveries) {
    const given = runs?.[number] ?? {};
    const wanted = (expected as Record<string, Expected>)?.[number] ??
      (deliveries.size === 1 ? expected as Expected : undefined) ?? {};
    const first = await deliver(environment, { job, folder, files, given });
    assertEquals(first.exit, wanted.exit ?? 0, first.stderr);
    for (const text of wanted.stderr ?? []) {
      assertStringIncludes(first.stderr, text);
    }
    const before = await snapshot(environment, job);
    const second = await deliver(environment, { job, folder, files, given });
    // A file that cannot be landed fails again; what is landed is done with.
    if (!first.exit) assertEquals(second.exit, 0, second.stderr);
    assertEquals(
      await snapshot(environment, job),
      before,
      "a second run changed the tables",
    );
  }
  for (const name of names(folder)) {
    const table = name.match(/^then_(?!run\.json$)(\w+)\.json$/)?.[1];
    if (!table) continue;
    const rows = await environment.rows(`select * from ${table}`);
    const found = differences(
      readJson(`${folder}/${name}`) as Record<string, unknown>[],
      rows,
    );
    assert(!found.length, `${folder}/${name}:\n${found.join("\n")}`);
  }
}

/** `before_rides.json` holds rows that stand in the table when nothing has arrived yet. */
async function fillBefore(
  environment: Environment,
  { job, folder }: { job: string; folder: string },
): Promise<void> {
  const tables = names(folder).flatMap((name) =>
    name.match(/^before_(\w+)\.json$/)?.[1] ?? []
  );
  if (!tables.length) return;
  const { warehouse, close } = await openJob(job, quietContext(environment));
  for (const table of tables) {
    const rows = readJson(`${folder}/before_${table}.json`);
    for (const row of rows as Record<string, string>[]) {
      const columns = Object.keys(row);
      const places = columns.map((_, index) => `$${index + 1}`);
      await warehouse.execute(
        `insert into ${table} (${columns.join(", ")}) values (${
          places.join(", ")
        })`,
        Object.values(row),
      );
    }
  }
  await close();
}

/** A delivery is given under the name of its feed, as suppliers do. */
async function deliver(
  environment: Environment,
  { job, folder, files, given: { header, ...options } }: {
    job: string;
    folder: string;
    files: Map<string, GivenFile>;
    given: Given;
  },
): Promise<Outcome> {
  const feeds: Record<string, Feed> = {};
  for (const [feed, { name, label }] of files) {
    const extension = name.slice(name.indexOf("."));
    const path = `${environment.folder}/${feed}${extension}`;
    await Deno.copyFile(`${folder}/${name}`, path);
    const format = /\.csv(\.gz)?$/.test(name) ? "csv" : undefined;
    feeds[feed] = { arrivals: givenFile(path, { format, label }), header };
  }
  return await runInProcess({
    job,
    feeds,
    settings: environment.settings,
    options: { ...options, warehouse: environment.dialect },
  });
}

/** All rows of the tables that the job writes. */
async function snapshot(environment: Environment, job: string) {
  const files = await readFolder(`sql/${job}/${environment.dialect}`);
  const tables = new Set(
    files.filter((file) => file.verb === "merge")
      .map((file) => file.header.get("writes")!),
  );
  const rows: Record<string, unknown> = {};
  for (const table of [...tables, "sluice_rejected_lines"]) {
    rows[table] = (await environment.rows(`select * from ${table}`)
      .catch(() => []))
      .map((row) =>
        JSON.stringify(
          row,
          (_, value) => typeof value === "bigint" ? String(value) : value,
        )
      ).sort();
  }
  return rows;
}

/**
 * `given_2_votes.jsonl.gz` is what delivery 2 holds for the feed `votes`;
 * `given_2_rides_20210403.csv` is named for its day.
 */
function deliveriesOf(folder: string): Map<string, Map<string, GivenFile>> {
  const deliveries = new Map<string, Map<string, GivenFile>>();
  for (const name of names(folder)) {
    const match = name.match(
      /^given_(?:(\d+)_)?(?!run\.json$)([a-z_]+?)(?:_(\d{4})(\d\d)(\d\d))?\./,
    );
    if (!match) continue;
    const [, number = "1", feed, ...day] = match;
    const label = day[0] && day.join("-");
    const files = deliveries.get(number) ?? new Map();
    deliveries.set(number, files.set(feed, { name, label }));
  }
  return new Map(
    [...deliveries].sort(([one], [other]) => Number(one) - Number(other)),
  );
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
