/** Looks at everything that a job needs, and says what is wrong with it. */
import { openStore } from "../store/open_store.ts";
import { Spool } from "../store/spool.ts";
import type { Store } from "../store/store.ts";
import { missingMigrations } from "../warehouse/migrate.ts";
import {
  isWarehouseThere,
  openWarehouse,
} from "../warehouse/open_warehouse.ts";
import type { Dialect, Warehouse } from "../warehouse/warehouse.ts";
import { type Context, pipelineOf, type Settings } from "./context.ts";
import { Ledger, newRun } from "./ledger.ts";
import { migrationFolders } from "./migrations.ts";
import { chooseDialect } from "./open_job.ts";
import { overlookedBatches } from "./overlooked_batches.ts";
import { feedsOf, readFolder } from "./sql_file.ts";
import { appliedVersions, landedObjects } from "./tables.ts";

/** Where jobs without a feed have their objects. */
const ARCHIVE = "archive";

/** One thing that was looked at. */
export interface Finding {
  job: string;
  part:
    | "settings"
    | "warehouse"
    | "migrations"
    | "store"
    | "spool"
    | "objects";
  ok: boolean;
  /** What was found and, where it is wrong, what to do. */
  found: string;
}

interface Patient {
  job: string;
  settings: Settings;
  dialect: Dialect;
  feeds: string[];
}

/** Examines one job; nothing of it is changed. */
export async function examine(
  job: string,
  context: Context,
): Promise<Finding[]> {
  const settings = context.settings(pipelineOf(job));
  const dialect = await chooseDialect(job, context.options.warehouse);
  const feeds = feedsOf(await readFolder(`sql/${job}/${dialect}`));
  const patient = { job, settings, dialect, feeds };
  return [
    ...await examineStore(patient),
    ...await examineSpool(patient),
    ...await examineWarehouse(patient),
  ];
}

async function examineStore(
  { job, settings, feeds }: Patient,
): Promise<Finding[]> {
  const part = "store";
  try {
    const store = openStore(settings.store_url);
    const bad: string[] = [];
    for (const folder of feeds.length ? feeds : [ARCHIVE]) {
      for (const ability of await store.probe?.(folder) ?? []) {
        if (ability.ok) continue;
        bad.push(
          `cannot ${ability.name}: ${ability.reason}: ${ability.advice}`,
        );
      }
    }
    const found = [...new Set(bad)].join("; ") || "can do what is needed";
    return [{ job, part, ok: !bad.length, found: `${store.label}: ${found}` }];
  } catch (error) {
    return [{ job, part, ok: false, found: (error as Error).message }];
  }
}

/** Bytes that wait here are safe, but only on this machine. */
async function examineSpool(
  { job, settings, feeds }: Patient,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const feed of feeds) {
    const folder = `${settings.home}/spool/${pipelineOf(job)}/${feed}`;
    const names = await new Spool(folder).list();
    if (!names.length) continue;
    findings.push({
      job,
      part: "spool",
      ok: false,
      found:
        `${names.length} answers wait in ${folder}: once the store can be reached, run the job`,
    });
  }
  return findings;
}

async function examineWarehouse(patient: Patient): Promise<Finding[]> {
  const { job, settings, dialect } = patient;
  let warehouse: Warehouse | undefined;
  try {
    if (!await isWarehouseThere(dialect, settings)) {
      const found = `${dialect}: not there yet, the first run makes it`;
      return [{ job, part: "warehouse", ok: true, found }];
    }
    warehouse = await openWarehouse(dialect, { ...settings, readonly: true });
    const found = `${warehouse.label}: can be reached`;
    return [
      { job, part: "warehouse", ok: true, found },
      ...await examineTables(patient, warehouse),
    ];
  } catch (error) {
    const found = (error as Error).message;
    return [{ job, part: "warehouse", ok: false, found }];
  } finally {
    await warehouse?.close();
  }
}

async function examineTables(
  patient: Patient,
  warehouse: Warehouse,
): Promise<Finding[]> {
  const { job, dialect } = patient;
  const applied = await appliedVersions(warehouse);
  const missing = missingMigrations(migrationFolders(dialect, job), applied);
  const part = "migrations";
  if (missing.length) {
    const found = applied.size
      ? `${missing.length} are missing: deno task migrate ${job}`
      : "none yet, the first run applies them";
    return [{ job, part, ok: !applied.size, found }];
  }
  return [
    { job, part, ok: true, found: "all are applied" },
    ...await compareObjects(patient, warehouse),
  ];
}

/** An ordinary run lists the newest objects only; this looks at all of them. */
async function compareObjects(
  { job, settings, feeds }: Patient,
  warehouse: Warehouse,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const ledger = new Ledger(warehouse, newRun(job));
  const store = openStore(settings.store_url);
  for (const feed of feeds) {
    const { overlooked, landed } = await overlookedBatches(ledger, store, feed);
    const gone = await goneBatches(ledger, { store, feed, landed });
    const say = (ok: boolean, found: string) =>
      findings.push({ job, part: "objects", ok, found: `${feed}: ${found}` });
    if (overlooked.length) {
      say(
        false,
        `${overlooked.length} were landed and never loaded, the first is ${
          overlooked[0]
        }: deno task rebuild ${job} --publish loads them`,
      );
    }
    if (gone.length) {
      say(
        false,
        `${gone.length} were loaded and are no longer in ${store.label}, the first is ${
          gone[0]
        }: bring them back from a backup, or the tables cannot be made again`,
      );
    }
    if (!overlooked.length && !gone.length) {
      say(true, `the ledger and the store agree about ${landed.length}`);
    }
  }
  return findings;
}

/** Merged batches whose objects are neither in the feed's folder nor where they landed. */
async function goneBatches(
  ledger: Ledger,
  { store, feed, landed }: { store: Store; feed: string; landed: string[] },
): Promise<string[]> {
  const there = new Set(landed);
  const states = await ledger.states(feed, "");
  const missing = [...states.keys()].filter((name) =>
    states.get(name) === "merged" && !there.has(name)
  );
  if (!missing.length) return [];
  const { warehouse, run: { job } } = ledger;
  const objects = await landedObjects(warehouse, { job, feed });
  const gone: string[] = [];
  for (const name of missing) {
    const object = objects.get(name) ?? `${feed}/${name}`;
    if (!await store.head(object)) gone.push(name);
  }
  return gone;
}
