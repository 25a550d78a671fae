/** Tells where a job stands: its last good run, its promise, what waits for somebody. */
import { openStore } from "../store/open_store.ts";
import {
  isWarehouseThere,
  openWarehouse,
} from "../warehouse/open_warehouse.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { type Context, pipelineOf, type Report } from "./context.ts";
import { findBatches } from "./find_batches.ts";
import { Ledger, newRun } from "./ledger.ts";
import { chooseDialect } from "./open_job.ts";
import { feedsOf, readFolder } from "./sql_file.ts";
import { statusOf } from "./tables.ts";

/** One line about a job. */
export interface JobStatus {
  job: string;
  /** Stale: the promise is broken. */
  state: "fresh" | "stale" | "no promise" | "never run" | "unreachable";
  last_good_run_at: string | null;
  fresh_within_hours: number | null;
  last_outcome: string | null;
  waiting_count: number | null;
  set_aside_count: number | null;
  rejected_count: number | null;
  /** Why nothing better can be said. */
  problem?: string;
}

const NO_REPORT: Report = {
  line() {},
  warn() {},
  table() {},
  result() {},
  progress: () => ({ add() {}, end() {} }),
};

/** Looks at the ledger and the store of a job, and changes nothing. */
export async function jobStatus(
  job: string,
  context: Context,
): Promise<JobStatus> {
  const nothing: JobStatus = {
    job,
    state: "never run",
    last_good_run_at: null,
    fresh_within_hours: null,
    last_outcome: null,
    waiting_count: null,
    set_aside_count: null,
    rejected_count: null,
  };
  let warehouse: Warehouse | undefined;
  try {
    const settings = context.settings(pipelineOf(job));
    const dialect = await chooseDialect(job, context.options.warehouse);
    if (!await isWarehouseThere(dialect, settings)) return nothing;
    warehouse = await openWarehouse(dialect, { ...settings, readonly: true });
    const relations = await warehouse.relations();
    if (!relations.some(({ name }) => name === "sluice_status")) return nothing;
    const ledger = new Ledger(warehouse, newRun(job));
    const found = await statusOf(warehouse, job);
    if (!found) return nothing;
    const { waiting } = await findBatches({
      ledger,
      store: openStore(settings.store_url),
      feeds: Object.fromEntries(
        feedsOf(await readFolder(`sql/${job}/${dialect}`))
          .map((feed) => [feed, {}]),
      ),
      context: { ...context, report: NO_REPORT },
    });
    const waiting_count = (await waiting())
      .reduce((sum, one) => sum + one.batches.length + one.staged!.length, 0);
    const { fresh_until, set_aside_count, rejected_count, ...rest } = found;
    return {
      job,
      state: found.fresh_within_hours === null
        ? found.last_good_run_at ? "no promise" : "never run"
        : fresh_until && Date.parse(fresh_until) > Date.now()
        ? "fresh"
        : "stale",
      ...rest,
      waiting_count,
      set_aside_count,
      rejected_count,
    };
  } catch (error) {
    const problem = (error as Error).message;
    return { ...nothing, state: "unreachable", problem };
  } finally {
    await warehouse?.close();
  }
}
