/** Makes the tables of a job again from landed bytes, compares, and swaps them in. */
import { reader } from "../bytes/formats.ts";
import type { Row, Scratch } from "../warehouse/warehouse.ts";
import { type Context, pipelineOf } from "./context.ts";
import { Ledger, newRun, type Step } from "./ledger.ts";
import { loadBatches } from "./load_batches.ts";
import { type OpenJob, openJob } from "./open_job.ts";
import { overlookedBatches } from "./overlooked_batches.ts";
import { publish } from "./publish.ts";
import { runFile } from "./run_folder.ts";
import { scratchOf } from "./scratch_of.ts";
import type { SqlFile } from "./sql_file.ts";
import { step } from "./step.ts";
import {
  addEventsOf,
  columnsOf,
  landedObjects,
  removeRows,
  replaceRejected,
  replaceRows,
  rowCount,
  rowsOnlyIn,
} from "./tables.ts";

/** Columns that say how a row came, not what it is. */
const PROVENANCE = ["batch", "line_number", "inserted_at", "updated_at"];

const ROWS_SHOWN = 3;

/** How one table of the rebuilt job differs from the live one. */
export interface TableDifference {
  table: string;
  live_rows: number;
  rebuilt_rows: number;
  only_live: Row[];
  only_rebuilt: Row[];
}

/** Rebuilds a job; the tables that differ. With `publish` they are swapped in. */
export async function rebuild(
  { job, publish, context }: {
    job: string;
    publish: boolean;
    context: Context;
  },
): Promise<TableDifference[]> {
  const open = await openJob(job, context);
  try {
    if (!open.feeds.length) {
      throw new Error(
        `Cannot rebuild "${job}": expected a job that loads a feed, found none in sql/${job}`,
      );
    }
    await step("lock", () => lockPipeline(open));
    const scratch = await scratchOf(open, { purpose: "rebuild", context });
    const { tables } = scratch;
    try {
      const overlooked = await runInto(open, { scratch, context });
      const differences: TableDifference[] = [];
      for (const table of tables) {
        const found = await compare(open, { scratch, table });
        if (found) differences.push(found);
      }
      if (publish) await swapIn(open, { scratch, tables, overlooked });
      return differences;
    } finally {
      await scratch.drop();
    }
  } finally {
    await open.close();
  }
}

/** Other jobs of the pipeline change the same tables, or what they are made from. */
async function lockPipeline({ job, warehouse }: OpenJob): Promise<void> {
  for await (const { name } of Deno.readDir("sql")) {
    if (name === job || pipelineOf(name) !== pipelineOf(job)) continue;
    const folder = `sql/${name}/${warehouse.dialect}`;
    const is_job = await Deno.stat(folder).then(() => true, () => false);
    if (is_job) await warehouse.lock(name);
  }
  await warehouse.lock(job);
}

/** Batches of a feed that lay in the store and were never loaded. */
interface Overlooked {
  feed: string;
  batches: string[];
}

/**
 * Loads every batch that live has merged, and those that were overlooked, which
 * are given back; runs today's folder on them.
 */
async function runInto(
  { job, files, feeds, ledger, store, migrations_sha256 }: OpenJob,
  { scratch, context }: { scratch: Scratch; context: Context },
): Promise<Overlooked[]> {
  const { report } = context;
  const run_ledger = new Ledger(scratch.warehouse, newRun(job));
  const waiting = [];
  const found: Overlooked[] = [];
  for (const feed of feeds) {
    const states = await ledger.states(feed, "");
    const merged = [...states.keys()]
      .filter((batch) => states.get(batch) === "merged");
    const { overlooked } = await overlookedBatches(ledger, store, feed);
    if (overlooked.length) {
      report.line(
        `${feed}: ${overlooked.length} landed and never loaded, from ${
          overlooked[0]
        } on: rebuilt with the others`,
      );
    }
    found.push({ feed, batches: overlooked });
    const batches = [...merged, ...overlooked].sort();
    waiting.push({
      feed,
      store,
      read: reader(),
      batches,
      objects: await landedObjects(ledger.warehouse, { job, feed }),
      known: new Set<string>(),
    });
  }
  const loaded = await loadBatches(waiting, {
    ledger: run_ledger,
    report,
    allow_empty: true,
    is_replay: true,
  });
  const { stopped } = await publish({
    ledger: run_ledger,
    feeds,
    files,
    migrations_sha256,
    loaded,
    report,
    force: true,
    readmit: false,
  });
  const failure = loaded.failures[0] ?? stopped;
  if (failure) throw failure;
  return found;
}

async function compare(
  { warehouse }: OpenJob,
  { scratch, table }: { scratch: Scratch; table: string },
): Promise<TableDifference | undefined> {
  const live = { warehouse, name: table };
  const rebuilt = { warehouse, name: scratch.qualified(table) };
  const live_rows = await rowCount(live);
  const rebuilt_rows = await rowCount(rebuilt);
  const columns = (await columnsOf(warehouse, [live.name, rebuilt.name]))
    .filter((name) => !PROVENANCE.includes(name));
  if (!columns.length) return undefined;
  const wanted = { columns, limit: ROWS_SHOWN };
  const only_live = await rowsOnlyIn(live, { ...wanted, other: rebuilt.name });
  const only_rebuilt = await rowsOnlyIn(rebuilt, {
    ...wanted,
    other: live.name,
  });
  const is_equal = live_rows === rebuilt_rows && !only_live.length &&
    !only_rebuilt.length;
  return is_equal
    ? undefined
    : { table, live_rows, rebuilt_rows, only_live, only_rebuilt };
}

/** One transaction: readers see the old tables, then the new ones. */
async function swapIn(
  open: OpenJob,
  { scratch, tables, overlooked }: {
    scratch: Scratch;
    tables: string[];
    overlooked: Overlooked[];
  },
): Promise<void> {
  const { warehouse, ledger, files } = open;
  if (warehouse.applies_at_once) await runViews(open, files);
  await warehouse.begin();
  try {
    for (const table of tables.toReversed()) {
      await removeRows({ warehouse, name: table });
    }
    for (const table of tables) {
      await replaceRows({ warehouse, name: table }, scratch.qualified(table));
    }
    const rejected = scratch.qualified("sluice_rejected_lines");
    await replaceRejected(warehouse, ledger.run.job, rejected);
    for (const { feed, batches } of overlooked) {
      const { job } = ledger.run;
      const source = scratch.qualified("sluice_batch_events");
      await addEventsOf(warehouse, { job, feed, batches, source });
    }
    await ledger.makeCurrentRun();
    if (!warehouse.applies_at_once) await runViews(open, files);
    await recordFiles(open, files);
    await ledger.addRun({
      outcome: "ok",
      is_folder_run: true,
      message: "rebuilt from landed bytes",
      batch_count: 0,
      line_count: 0,
      byte_count: 0,
    });
    await step("publish", () => warehouse.commit());
  } catch (error) {
    await warehouse.rollback();
    throw error;
  }
}

/** The live views follow today's files. */
async function runViews(
  { warehouse }: OpenJob,
  files: SqlFile[],
): Promise<void> {
  for (const file of files.filter(({ verb }) => verb === "view")) {
    await runFile(warehouse, file);
  }
}

/** The next run finds nothing changed. */
async function recordFiles(
  { ledger, migrations_sha256 }: OpenJob,
  files: SqlFile[],
): Promise<void> {
  const entries = [{ name: "migrations", sha256: migrations_sha256 }, ...files];
  const steps: Step[] = [];
  for (const [step_number, file] of entries.entries()) {
    const is_view = "verb" in file && file.verb === "view";
    steps.push({
      step_number,
      file: file.name,
      sha256: file.sha256,
      duration_ms: 0,
      rows_affected: null,
      outcome: is_view ? "run" : "unchanged",
    });
  }
  await ledger.addSteps(steps);
}
