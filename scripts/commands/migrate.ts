/**
 * migrate: brings the tables of a job to today's migrations; a run does it too.
 *
 *   deno task migrate posts --warehouse postgres
 */
import { main } from "../lib/cli/main.ts";
import { knownJob } from "../lib/cli/names.ts";
import { JOB_FLAGS } from "../lib/cli/inputs.ts";
import { openJob } from "../lib/run/open_job.ts";

await main(
  { arguments: ["<job>"], flags: { warehouse: JOB_FLAGS.warehouse } },
  async (task) => {
    const open = await openJob(await knownJob(task.arguments[0]), task);
    task.report.line(`${open.warehouse.label} is up to date`);
    await open.close();
  },
);
