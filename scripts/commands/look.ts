/**
 * look: runs a job's SQL up to one file on one batch, shows rows, rolls back.
 *
 *   deno task look posts 020
 *
 * It takes the newest batch of each feed; nothing is changed.
 */
import { JOB_FLAGS } from "../lib/cli/inputs.ts";
import { main } from "../lib/cli/main.ts";
import { knownJob } from "../lib/cli/names.ts";
import { look } from "../lib/run/look.ts";

await main(
  {
    arguments: ["<job>", "[<number of a file>]"],
    counts: [1, 2],
    flags: {
      warehouse: JOB_FLAGS.warehouse,
      batch: {
        kind: "text",
        help: "--batch <name>       another batch than the newest",
      },
    },
  },
  async (task) => {
    const [job, number] = task.arguments;
    await look({
      job: await knownJob(job),
      number,
      batch: task.texts.batch,
      context: task,
    });
  },
);
