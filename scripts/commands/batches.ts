/**
 * batches: what was landed for a job and where it stands; sets aside, takes back.
 *
 *   deno task batches list posts
 *   deno task batches set-aside posts 20260101T061200.123Z_3f2a91bc4d5e
 *   deno task batches take-back posts 20260101T061200.123Z_3f2a91bc4d5e
 *
 * A batch that is set aside is left out of runs and of rebuilds until it is
 * taken back; the next run then loads it again from the store.
 */
import { JOB_FLAGS, UsageError } from "../lib/cli/inputs.ts";
import { main } from "../lib/cli/main.ts";
import { knownJob, oneOf } from "../lib/cli/names.ts";
import { listBatches, moveBatches } from "../lib/run/batches.ts";

await main(
  {
    arguments: ["list|set-aside|take-back", "<job>", "[<batch> …]"],
    counts: "any",
    flags: {
      warehouse: JOB_FLAGS.warehouse,
      all: {
        kind: "switch",
        help: "--all                list more than the newest 30",
      },
    },
  },
  async (task) => {
    const [typed = "list", job = "", ...batches] = task.arguments;
    const action = oneOf("the action", typed, [
      "list",
      "set-aside",
      "take-back",
    ]);
    const name = await knownJob(job);
    if ((action === "list") === batches.length > 0) {
      throw new UsageError(
        `Cannot start: expected ${
          action === "list" ? "no batch" : "a batch"
        } after "${action} ${name}", found ${
          batches.length ? `"${batches[0]}"` : "none"
        }: see --help`,
      );
    }
    if (action === "list") await listBatches(name, task, task.switches.all);
    else await moveBatches({ job: name, action, batches, context: task });
  },
);
