/** Lists the batches of a job, and sets them aside or takes them back by hand. */
import type { Context } from "./context.ts";
import type { BatchEvent } from "./ledger.ts";
import { openJob } from "./open_job.ts";
import { step } from "./step.ts";

const NEWEST = 30;

/** Prints the newest batches of a job, or all of them. */
export async function listBatches(
  job: string,
  context: Context,
  all: boolean,
): Promise<void> {
  const { ledger, close } = await openJob(job, context);
  try {
    const rows = await ledger.newestBatches(all ? undefined : NEWEST);
    context.report.table(`Batches of ${job}, the newest first`, rows);
    context.report.result(rows);
  } finally {
    await close();
  }
}

/** Adds the event to each batch; all of them or none. */
export async function moveBatches(
  { job, action, batches, context }: {
    job: string;
    action: "set-aside" | "take-back";
    batches: string[];
    context: Context;
  },
): Promise<void> {
  const { report } = context;
  const open = await openJob(job, context);
  const { warehouse, ledger } = open;
  try {
    await warehouse.lock(job);
    await warehouse.begin();
    for (const batch of batches) {
      const found = await ledger.stateOf(batch);
      refuse({ job, action, batch }, found?.state);
      const { feed, state } = found!;
      if (action === "set-aside") {
        await ledger.unstage(feed, batch);
        await ledger.add([
          { feed, batch, event: "set_aside", reason: "by hand" },
        ]);
        report.line(
          `set aside ${feed}/${batch}` +
            (state === "merged"
              ? `: its rows stay until deno task rebuild ${job} --publish`
              : ""),
        );
      } else {
        await ledger.add([{ feed, batch, event: "taken_back" }]);
        report.line(`taken back ${feed}/${batch}: the next run loads it`);
      }
    }
    await step("commit", () => warehouse.commit());
  } finally {
    await open.close();
  }
}

function refuse(
  { job, action, batch }: { job: string; action: string; batch: string },
  state: BatchEvent | undefined,
): void {
  const expected = action === "take-back"
    ? "a batch that is set aside"
    : "a batch that is not set aside";
  if (state && (state === "set_aside") === (action === "take-back")) return;
  throw new Error(
    `Cannot ${action} ${batch}: expected ${expected}, found ${
      state ? `it ${state.replace("_", " ")}` : `no such batch of "${job}"`
    }: see deno task batches list ${job}`,
  );
}
