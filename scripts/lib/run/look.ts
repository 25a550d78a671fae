/** Shows what a SQL file makes of a batch, and leaves no trace. */
import { reader } from "../bytes/formats.ts";
import type { Row } from "../warehouse/warehouse.ts";
import type { Context } from "./context.ts";
import { type OpenJob, openJob } from "./open_job.ts";
import { makeArchiveTables, NO_REQUEST } from "./receipts.ts";
import { runFolder, selectRows } from "./run_folder.ts";
import { madeBy, type SqlFile } from "./sql_file.ts";
import { tableRows, unstageOthers } from "./tables.ts";

const ROWS_SHOWN = 10;

/** Runs the folder up to a file on one batch of each feed, shows rows, rolls back. */
export async function look(
  { job, number, batch, context }: {
    job: string;
    /** The number of the file to look at; the last working file when left out. */
    number?: string;
    batch?: string;
    context: Context;
  },
): Promise<void> {
  const { report } = context;
  const open = await openJob(job, context);
  const { warehouse, ledger, files } = open;
  try {
    const target = targetFile(open, number);
    const staged = await chooseBatches(open, batch);
    await warehouse.lock(job);
    // A transaction does not see what is loaded outside of it after it began.
    const is_ahead = warehouse.applies_at_once ?? false;
    if (is_ahead) await loadAll(open, staged);
    await warehouse.begin();
    for (const feed of open.feeds) {
      const name = `staging_${feed}`;
      const batches = staged.map((one) => one.name);
      if (!is_ahead) await warehouse.empty(name);
      else await unstageOthers({ warehouse, name }, batches);
    }
    if (!is_ahead) await loadAll(open, staged);
    for (const { feed, name } of staged) {
      report.line(`looking at ${feed}/${name}`);
    }
    await ledger.makeCurrentRun();
    const moves = files.some(({ verb }) =>
      ["archive", "restore"].includes(verb)
    );
    if (moves) await makeArchiveTables(warehouse, NO_REQUEST);
    const is_left = is_ahead && target.verb === "view";
    const before = files.slice(0, files.indexOf(target) + 1)
      .filter((file) =>
        file === target && !is_left ||
        !["check", "view", "show"].includes(file.verb)
      );
    const reads = ["check", "show", "export", "archive"].includes(target.verb);
    await runFolder({
      ledger,
      files: reads ? before.slice(0, -1) : before,
      last: new Map([["migrations", open.migrations_sha256]]),
      migrations_sha256: open.migrations_sha256,
      report,
    });
    const rows = reads
      ? await firstRows(selectRows(warehouse, target))
      : await rowsMade(open, target, staged.map(({ name }) => name));
    report.table(`${target.path}: ${target.sentence}`, rows);
    report.result(rows);
  } finally {
    await warehouse.rollback().catch(() => {});
    await open.close();
  }
}

function targetFile({ files, job }: OpenJob, number?: string): SqlFile {
  const working = files.filter(({ verb }) =>
    !["check", "view", "show"].includes(verb)
  );
  const target = number
    ? files.find((file) =>
      file.number === number.padStart(3, "0") || file.name === number
    )
    : working.at(-1);
  if (target) return target;
  throw Object.assign(
    new Error(
      `Cannot look at ${number} of "${job}": expected one of ${
        files.map((file) => file.number).join(", ")
      }`,
    ),
    { exit_code: 64 },
  );
}

/** The batch that was asked for, or the newest of each feed. */
async function chooseBatches({ store, feeds, job }: OpenJob, batch?: string) {
  const chosen: { feed: string; name: string }[] = [];
  for (const feed of feeds) {
    let newest: string | undefined;
    for await (const key of store.list(feed)) {
      const name = key.slice(feed.length + 1);
      if (batch === undefined || batch === name) newest = name;
    }
    if (newest) chosen.push({ feed, name: newest });
  }
  if (batch === undefined || chosen.length) return chosen;
  throw new Error(
    `Cannot look at ${batch}: expected a landed batch of "${job}", found none of this name in ${store.label}`,
  );
}

async function loadAll(
  { warehouse, ledger, store }: OpenJob,
  chosen: { feed: string; name: string }[],
): Promise<void> {
  for (const { feed, name: batch } of chosen) {
    const is_there = warehouse.applies_at_once &&
      (await ledger.stateOf(batch))?.state === "staged";
    if (is_there) continue;
    const object = `${feed}/${batch}`;
    const format = (await store.head(object))?.format;
    await warehouse.load(
      { table: `staging_${feed}`, batch },
      reader()(store.get(object), format),
    );
  }
}

async function rowsMade(
  { warehouse }: OpenJob,
  target: SqlFile,
  batches: string[],
): Promise<Row[]> {
  const name = madeBy(target.statements.at(-1)?.text ?? "");
  if (!name) return [];
  const table = { warehouse, name };
  const rows = await firstRows(tableRows(table));
  if (target.verb !== "merge" || !rows[0] || !("batch" in rows[0])) return rows;
  return await firstRows(tableRows(table, batches));
}

async function firstRows(source: AsyncIterable<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of source) {
    rows.push(row);
    if (rows.length === ROWS_SHOWN) break;
  }
  return rows;
}
