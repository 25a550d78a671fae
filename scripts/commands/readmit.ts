/**
 * readmit: stages the rejected lines of a job again, after its SQL was mended.
 *
 *   deno task readmit posts
 *
 * Lines that pass are merged and leave the rejects; the others stay.
 */
import { JOB_FLAGS } from "../lib/cli/inputs.ts";
import { main } from "../lib/cli/main.ts";
import { knownJob } from "../lib/cli/names.ts";
import { runJob } from "../lib/run/run_job.ts";

await main(
  { arguments: ["<job>"], flags: { warehouse: JOB_FLAGS.warehouse } },
  async (task) => {
    const job = await knownJob(task.arguments[0]);
    await runJob({ job, context: task, readmit: true });
  },
);
