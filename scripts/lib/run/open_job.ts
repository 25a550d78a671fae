/** Opens the warehouse of a job, migrated, with its SQL files and its ledger. */
import { openStore } from "../store/open_store.ts";
import type { Store } from "../store/store.ts";
import { openWarehouse } from "../warehouse/open_warehouse.ts";
import type { Dialect, Warehouse } from "../warehouse/warehouse.ts";
import { type Context, pipelineOf } from "./context.ts";
import { Ledger, newRun } from "./ledger.ts";
import { migrateMissing } from "./migrations.ts";
import { feedsOf, readFolder, type SqlFile } from "./sql_file.ts";

/** A job that is ready to be worked on. */
export interface OpenJob {
  job: string;
  warehouse: Warehouse;
  ledger: Ledger;
  store: Store;
  files: SqlFile[];
  feeds: string[];
  /** Stands for all migrations, so that views follow them. */
  migrations_sha256: string;
  close(): Promise<void>;
}

const DIALECTS: Dialect[] = ["sqlite", "postgres", "bigquery"];

/** What is known of a job before its warehouse is reached. */
export interface JobPlan {
  job: string;
  dialect: Dialect;
  store: Store;
}

/** Says where a job runs; fails only when the command or a setting is wrong. */
export async function planJob(job: string, context: Context): Promise<JobPlan> {
  const dialect = await chooseDialect(job, context.options.warehouse);
  const { store_url } = context.settings(pipelineOf(job));
  return { job, dialect, store: openStore(store_url) };
}

/** Opens a job in the dialect that was asked for, or the first that it has. */
export async function openJob(
  job: string,
  context: Context,
  plan?: JobPlan,
): Promise<OpenJob> {
  const { dialect, store } = plan ?? await planJob(job, context);
  const files = await readFolder(`sql/${job}/${dialect}`);
  const settings = context.settings(pipelineOf(job));
  const warehouse = await openWarehouse(dialect, settings);
  try {
    const { sha256 } = await migrateMissing(warehouse, job, context.report);
    return {
      job,
      warehouse,
      ledger: new Ledger(warehouse, newRun(job)),
      store,
      files,
      feeds: feedsOf(files),
      migrations_sha256: sha256,
      close: () => warehouse.close(),
    };
  } catch (error) {
    await warehouse.close();
    throw error;
  }
}

/** The dialect that was asked for, or the first that the job has. */
export async function chooseDialect(
  job: string,
  wanted?: string,
): Promise<Dialect> {
  const found: string[] = [];
  for (const dialect of DIALECTS) {
    const folder = await Deno.stat(`sql/${job}/${dialect}`).catch(() => {});
    if (folder?.isDirectory) found.push(dialect);
  }
  if (!found.length) {
    throw new Error(
      `Cannot run "${job}": expected a folder sql/${job}/sqlite or sql/${job}/postgres, found none in ${Deno.cwd()}`,
    );
  }
  if (wanted === undefined || found.includes(wanted)) {
    return (wanted ?? found[0]) as Dialect;
  }
  throw Object.assign(
    new Error(
      `Cannot run "${job}" on "${wanted}": expected ${
        found.map((name) => `"${name}"`).join(" or ")
      }, found no folder sql/${job}/${wanted}`,
    ),
    { exit_code: 64 },
  );
}
