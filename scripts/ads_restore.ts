/**
 * ads_restore: archived ads come back, as they were when they left.
 *
 *   deno task ads:restore --day 2026-01-31
 *   deno task ads:restore --from 2026-01-01 --to 2026-01-31
 *   deno task ads:restore --drill
 *
 * A drill restores everything aside, compares it with the receipts, and drops it.
 */
import { RESTORE_FLAGS, restoreChoice } from "./lib/cli/archive_inputs.ts";
import { main } from "./lib/cli/main.ts";
import { drill } from "./lib/run/drill.ts";
import { restore } from "./lib/run/restore_job.ts";

await main({ flags: RESTORE_FLAGS }, async (task) => {
  const job = {
    job: "ads_restore",
    archive_job: "ads_archive",
    choice: restoreChoice(task),
    context: task,
  };
  if (!task.switches.drill) return await restore(job);
  return await drill(job) ? 0 : 1;
});
