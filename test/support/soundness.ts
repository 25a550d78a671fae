/** What must hold after any number of crashes and one good run. */
import { assertEquals } from "@std/assert";
import { lockFile } from "../../scripts/lib/warehouse/lock_file.ts";
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import {
  allRows,
  type Row,
  type Warehouse,
} from "../../scripts/lib/warehouse/warehouse.ts";
import type { Environment } from "./environment.ts";

/** Columns that say how a row came, not what it is. */
const PROVENANCE = [
  "batch",
  "line_number",
  "inserted_at",
  "updated_at",
  "run_id",
];

const SESSION_WAIT_MS = 3_000;

/** Every kept table and team view as sorted lines, without how the rows came. */
export async function keptRows(
  environment: Environment,
): Promise<Record<string, string[]>> {
  return await withWarehouse(environment, async (warehouse) => {
    const names = (await warehouse.relations()).map(({ name }) => name)
      .filter((name) =>
        name === "sluice_rejected_lines" ||
        !/^(sluice_|staging_|schema_migrations$|current_run$)/.test(name)
      );
    const kept: Record<string, string[]> = {};
    for (const name of names.sort()) {
      const rows = await allRows(warehouse, `select * from ${name}`);
      kept[name] = rows.map(withoutProvenance).sort();
    }
    return kept;
  });
}

function withoutProvenance(row: Row): string {
  return JSON.stringify(
    Object.entries(row).filter(([name]) => !PROVENANCE.includes(name)),
    (_, value) => typeof value === "bigint" ? String(value) : value,
  );
}

/** The ledger balances, and nothing of any run is left lying about. */
export async function assertSound(
  environment: Environment,
  note: string,
): Promise<void> {
  await withWarehouse(environment, async (warehouse) => {
    assertEquals(await unbalanced(environment, warehouse), [], note);
    assertEquals(await leftInWarehouse(environment, warehouse), [], note);
  });
  assertEquals(await leftInFolder(environment), [], note);
}

/** Batches whose story in the ledger does not add up. */
async function unbalanced(
  environment: Environment,
  warehouse: Warehouse,
): Promise<string[]> {
  const wrong: string[] = [];
  const events = await allRows(
    warehouse,
    "select feed, batch, event, event_at from sluice_batch_events order by event_at",
  );
  const stories = new Map<string, string[]>();
  for (const { feed, batch, event } of events) {
    const key = `${feed}/${batch}`;
    stories.set(key, [...stories.get(key) ?? [], event as string]);
  }
  for (const [key, story] of stories) {
    // Once landed, and each staging ends exactly once; what a crash takes is staged again.
    const told = warehouse.keeps_staging
      ? story.join(" ")
      : story.join(" ").replace(/staged( staged)+/g, "staged");
    const is_whole =
      /^landed( staged (merged|set_aside)| repeated| set_aside)( taken_back staged (merged|set_aside))*$/
        .test(told);
    if (!is_whole) wrong.push(`${key}: ${story.join(" ")}`);
  }
  const states = await allRows(
    warehouse,
    "select feed, batch, state from sluice_batches",
  );
  for (const { feed, batch, state } of states) {
    const last = stories.get(`${feed}/${batch}`)?.at(-1);
    if (state !== last) wrong.push(`${feed}/${batch} is ${state}, not ${last}`);
  }
  const feeds = (await warehouse.relations())
    .flatMap(({ name }) => name.match(/^staging_(\w+)$/)?.[1] ?? []);
  for (const feed of feeds) {
    for (const key of await landedObjects(environment, feed)) {
      if (!stories.has(key)) wrong.push(`${key} is landed but never loaded`);
    }
    const [{ n }] = await allRows(
      warehouse,
      `select count(*) as n from staging_${feed}`,
    );
    if (Number(n)) wrong.push(`${n} rows are left in staging_${feed}`);
  }
  return wrong;
}

async function landedObjects(
  { folder }: Environment,
  feed: string,
): Promise<string[]> {
  return (await names(`${folder}/store/${feed}`))
    .filter((name) => !name.startsWith("."))
    .map((name) => `${feed}/${name}`);
}

async function leftInWarehouse(
  { dialect, settings }: Environment,
  warehouse: Warehouse,
): Promise<string[]> {
  if (dialect === "sqlite") {
    const [{ integrity_check }] = await allRows(
      warehouse,
      "pragma integrity_check",
    );
    return integrity_check === "ok" ? [] : [String(integrity_check)];
  }
  if (dialect === "bigquery") {
    const held = await allRows(
      warehouse,
      "select process from sluice_lease_posts where holder <> ''",
    );
    return held.map(({ process }) => `lease held by ${process}`);
  }
  const schema = new URL(settings.postgres_url!).searchParams.get("schema") ??
    "public";
  // The server takes a moment to notice that a client is gone.
  const deadline = performance.now() + SESSION_WAIT_MS;
  while (true) {
    const left = await allRows(
      warehouse,
      `select 'lock held by ' || pid as what from pg_locks
       where locktype = 'advisory'
         and (classid::bigint << 32 | objid::bigint)
           = hashtextextended('sluice ' || $1 || ' posts', 0)
       union all
       select 'schema ' || nspname from pg_namespace
       where nspname like '%sluice\\_rebuild%'
         and nspname like case when $1 = 'public' then '' else $1 end || '%'`,
      [schema],
    );
    if (!left.length || performance.now() > deadline) {
      return left.map(({ what }) => String(what));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Files that a finished run has no use for, and locks that someone holds. */
async function leftInFolder({ folder }: Environment): Promise<string[]> {
  const left = (await names(`${folder}/store/.unfinished`))
    .map((name) => `store/.unfinished/${name}`);
  const expected = [
    "store",
    "migrate.lock",
    "warehouse.db",
    "warehouse.db.posts.lock",
  ];
  for (const name of await names(folder)) {
    if (/\.db-|sluice_rebuild/.test(name) && !expected.includes(name)) {
      left.push(name);
    }
    if (!name.endsWith(".lock")) continue;
    const lock = await lockFile(`${folder}/${name}`, 0);
    if (!lock) left.push(`${name} is held`);
    lock?.close();
  }
  return left;
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name)
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Rows of one select, read by a session that is gone afterwards. */
export function rowsIn(
  environment: Environment,
  query: string,
): Promise<Row[]> {
  return withWarehouse(environment, (warehouse) => allRows(warehouse, query));
}

async function withWarehouse<T>(
  { dialect, settings }: Environment,
  work: (warehouse: Warehouse) => Promise<T>,
): Promise<T> {
  const warehouse = await openWarehouse(dialect, settings);
  try {
    return await work(warehouse);
  } finally {
    await warehouse.close();
  }
}
