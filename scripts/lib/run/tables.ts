/** The statements about whole tables and views that tasks beside a run need. */
import { allRows, type Row, type Warehouse } from "../warehouse/warehouse.ts";

/** A table as a connection names it, and the connection. */
export interface Table {
  warehouse: Warehouse;
  name: string;
}

/** Streams the rows of a table or view, or those of some batches. */
export function tableRows(
  { warehouse, name }: Table,
  batches?: string[],
): AsyncGenerator<Row> {
  if (!batches) return warehouse.rows(`select * from ${name}`);
  const places = batches.map((_, index) => `$${index + 1}`).join(", ");
  return warehouse.rows(
    `select * from ${name} where batch in (${places || "null"})`,
    batches,
  );
}

/** The columns of the first of these tables that has a row. */
export async function columnsOf(
  warehouse: Warehouse,
  tables: string[],
): Promise<string[]> {
  for (const table of tables) {
    const [row] = await allRows(warehouse, `select * from ${table} limit 1`);
    if (row) return Object.keys(row);
  }
  return [];
}

/** How many rows a table has. */
export async function rowCount({ warehouse, name }: Table): Promise<number> {
  const [{ n }] = await allRows(warehouse, `select count(*) as n from ${name}`);
  return Number(n);
}

/** Rows of a table, by these columns, that another table does not have. */
export async function rowsOnlyIn(
  { warehouse, name }: Table,
  { other, columns, limit }: {
    other: string;
    columns: string[];
    limit: number;
  },
): Promise<Row[]> {
  const names = columns.join(", ");
  // BigQuery wants to be told what is the only meaning in SQLite.
  const except = warehouse.dialect === "bigquery"
    ? "except distinct"
    : "except";
  return await allRows(
    warehouse,
    `select ${names} from ${name} ${except} select ${names} from ${other} limit ${limit}`,
  );
}

/** Removes every row of a table. */
export async function removeRows({ warehouse, name }: Table): Promise<void> {
  await warehouse.execute(`delete from ${name} where true`);
}

/** Makes the rows of a table those of another. */
export async function replaceRows(
  table: Table,
  source: string,
): Promise<void> {
  await removeRows(table);
  const columns = (await columnsOf(table.warehouse, [source])).join(", ");
  if (!columns) return;
  await table.warehouse.execute(
    `insert into ${table.name} (${columns}) select ${columns} from ${source}`,
  );
}

/** Takes out the staged rows of all batches but these. */
export async function unstageOthers(
  { warehouse, name }: Table,
  batches: string[],
): Promise<void> {
  const places = batches.map((_, index) => `$${index + 1}`).join(", ");
  await warehouse.execute(
    `delete from ${name} where batch not in (${places || "''"})`,
    batches,
  );
}

/** Batches that have rows in staging; where loads stand at once, those that count. */
export async function stagedBatches(
  warehouse: Warehouse,
  { job, feed }: { job: string; feed: string },
): Promise<string[]> {
  const all = `select distinct batch from staging_${feed}`;
  const rows = warehouse.applies_at_once
    ? await allRows(
      warehouse,
      `${all} where batch in (
         select batch from sluice_batches
         where job = $1 and feed = $2 and state = 'staged'
       )`,
      [job, feed],
    )
    : await allRows(warehouse, all);
  return rows.map((row) => row.batch as string).sort();
}

/** Removes rows that a killed run has loaded, and the ledger does not know of. */
export async function unstageUncounted(
  warehouse: Warehouse,
  { job, feed }: { job: string; feed: string },
): Promise<void> {
  await warehouse.execute(
    `delete from staging_${feed} where batch not in (
       select batch from sluice_batches
       where job = $1 and feed = $2 and state = 'staged'
     )`,
    [job, feed],
  );
}

/** The versions of the migrations that a warehouse has had. */
export async function appliedVersions(
  warehouse: Warehouse,
): Promise<Set<string>> {
  const relations = await warehouse.relations();
  if (!relations.some(({ name }) => name === "schema_migrations")) {
    return new Set();
  }
  const rows = await allRows(
    warehouse,
    "select version from schema_migrations",
  );
  return new Set(rows.map((row) => row.version as string));
}

/** What the ledger says of a job as a whole. */
export interface LedgerStatus {
  last_good_run_at: string | null;
  fresh_within_hours: number | null;
  fresh_until: string | null;
  last_outcome: string | null;
  set_aside_count: number;
  rejected_count: number;
}

/** Where a job stands; undefined when it has neither run nor promised anything. */
export async function statusOf(
  warehouse: Warehouse,
  job: string,
): Promise<LedgerStatus | undefined> {
  const [row] = await allRows(
    warehouse,
    `select
       last_good_run_at, fresh_within_hours, fresh_until, last_outcome,
       set_aside_count, rejected_count
     from sluice_status where job = $1`,
    [job],
  );
  return row as unknown as LedgerStatus | undefined;
}

/** The object of each landed batch of a feed. */
export async function landedObjects(
  warehouse: Warehouse,
  { job, feed }: { job: string; feed: string },
): Promise<Map<string, string>> {
  const rows = await allRows(
    warehouse,
    `select batch, object from sluice_batch_events
     where job = $1 and feed = $2 and event = 'landed'`,
    [job, feed],
  );
  return new Map(
    rows.map((row) => [row.batch as string, row.object as string]),
  );
}

/** The batches of a feed in order: what they hold, and what happened to them last. */
export async function namedBatches(
  warehouse: Warehouse,
  { job, feed }: { job: string; feed: string },
): Promise<{ batch: string; sha256: string; state: string }[]> {
  const rows = await allRows(
    warehouse,
    `select batch, sha256, state from sluice_batches
     where job = $1 and feed = $2 order by batch`,
    [job, feed],
  );
  return rows as { batch: string; sha256: string; state: string }[];
}

/** Makes the rejected lines of a job those of another table of this shape. */
export async function replaceRejected(
  warehouse: Warehouse,
  job: string,
  source: string,
): Promise<void> {
  await warehouse.execute("delete from sluice_rejected_lines where job = $1", [
    job,
  ]);
  await warehouse.execute(
    `insert into sluice_rejected_lines select * from ${source}`,
  );
}

/** Adds what another ledger says of batches that this one does not know. */
export async function addEventsOf(
  warehouse: Warehouse,
  { job, feed, batches, source }: {
    job: string;
    feed: string;
    batches: string[];
    source: string;
  },
): Promise<void> {
  for (const batch of batches) {
    await warehouse.execute(
      `insert into sluice_batch_events
       select * from ${source} where job = $1 and feed = $2 and batch = $3`,
      [job, feed, batch],
    );
  }
}
