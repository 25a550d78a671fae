/** Runs a job that has no script of its own on files that somebody gives. */
import { formatOf } from "../bytes/formats.ts";
import { UnreadableError } from "../bytes/unreadable_error.ts";
import type { Arrival, Arrivals } from "../store/arrivals.ts";
import type { Context } from "./context.ts";
import { delivery } from "./delivery.ts";
import { planJob } from "./open_job.ts";
import { runJob } from "./run_job.ts";
import { feedsOf, readFolder } from "./sql_file.ts";

/** The files, in the order in which they count, and the name of the batch if it has one. */
export interface Push {
  job: string;
  sources: string[];
  label?: string;
  context: Context;
}

/** Lands the files and runs the job once on all of them. */
export async function pushFiles(
  { job, sources, label, context }: Push,
): Promise<void> {
  const { dialect } = await planJob(job, context);
  const feeds = feedsOf(await readFolder(`sql/${job}/${dialect}`));
  if (feeds.length !== 1) {
    throw Object.assign(
      new Error(
        `Cannot push to "${job}": expected a job that reads one staging table, found ${
          feeds.map((feed) => `staging_${feed}`).join(" and ") || "none"
        }: start it with deno task ${job.replaceAll("_", ":")}`,
      ),
      { exit_code: 64 },
    );
  }
  const told = label === undefined ? {} : { label };
  const arrivals: Arrivals = async function* (waits) {
    for (const source of sources) {
      const found = delivery(source, told, context.report.line);
      for await (const arrival of found(waits)) yield await withFormat(arrival);
    }
  };
  await runJob({ job, feeds: { [feeds[0]]: { arrivals } }, context });
}

async function withFormat(arrival: Arrival): Promise<Arrival> {
  try {
    const format = await formatOf(arrival.open());
    // JSON is what a note without a format means.
    return format === "json" ? arrival : { ...arrival, format };
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    // It lands as it is and is set aside, with the reason and the place.
    return arrival;
  }
}
