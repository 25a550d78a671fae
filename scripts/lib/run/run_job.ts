/** Runs a job: land what is new, load it, run its SQL folder, publish. */
import type { Api } from "../net/json_api.ts";
import type { Arrivals } from "../store/arrivals.ts";
import type { Row } from "../warehouse/warehouse.ts";
import type { Context } from "./context.ts";
import { findBatches } from "./find_batches.ts";
import { keepAnswers } from "./keep_answers.ts";
import { loadBatches } from "./load_batches.ts";
import { type OpenJob, openJob, planJob } from "./open_job.ts";
import { publish } from "./publish.ts";
import { selectRows } from "./run_folder.ts";
import { step } from "./step.ts";

/** One feed of a job: where its objects come from, and how they become lines. */
export interface Feed {
  arrivals?: Arrivals;
  /** An API whose answers cannot be had again: they go through the spool. */
  api?: Api;
  /** The header that each CSV file of the feed must have; its own when left out. */
  header?: string[];
}

/** A job, where its feeds come from, and what the run was given. */
export interface Job {
  job: string;
  /** Feeds that have nothing to land may be left out. */
  feeds?: Record<string, Feed>;
  context: Context;
  /** Stage the rejected lines again before the folder runs. */
  readmit?: boolean;
}

/** Runs a job once, from arrivals to tables; throws unless all of it went well. */
export async function runJob(run: Job): Promise<void> {
  const { job, context } = run;
  const { report, options } = context;
  const plan = await planJob(job, context);
  const open = await openJob(job, context, plan).catch(async (error) => {
    const apis = Object.entries(run.feeds ?? {}).flatMap(([feed, { api }]) =>
      api ? [[feed, api] as [string, Api]] : []
    );
    throw await keepAnswers({ ...plan, apis, context }, error);
  });
  const failures: Error[] = [];
  try {
    const { warehouse, ledger, store } = open;
    const feeds: Record<string, Feed> = Object.fromEntries(
      open.feeds.map((feed) => [feed, run.feeds?.[feed] ?? {}]),
    );
    const found = await findBatches({ ledger, store, feeds, context });
    failures.push(...found.failures);

    await step("lock", () => warehouse.lock(job));
    const loaded = await loadBatches(await found.waiting(), {
      ledger,
      report,
      allow_empty: options.allow_empty ?? false,
    });
    failures.push(...loaded.failures);
    const published = await publish({
      ...open,
      loaded,
      failures,
      report,
      force: options.force ?? false,
      readmit: run.readmit ?? false,
    });
    if (published.stopped) failures.push(published.stopped);
    report.result({
      job,
      warehouse: warehouse.label,
      ...published.summary,
      answers: await showAnswers(open, context),
    });
  } catch (error) {
    // What ended the run comes first; the rest is told as well.
    failures.unshift(error as Error);
  } finally {
    await open.close();
  }
  for (const error of failures.slice(1)) report.warn(error.message);
  if (failures.length) throw failures[0];
}

/** Prints what the `show` files of the job select. */
async function showAnswers(
  { warehouse, files }: OpenJob,
  { report }: Context,
): Promise<Record<string, Row[]>> {
  const answers: Record<string, Row[]> = {};
  for (const file of files.filter((file) => file.verb === "show")) {
    const rows: Row[] = [];
    for await (const row of selectRows(warehouse, file)) rows.push(row);
    report.table(file.sentence, rows);
    answers[file.name] = rows;
  }
  return answers;
}
