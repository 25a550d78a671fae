/**
 * rebuild: makes a job's tables again from landed bytes with today's SQL, beside the live ones.
 *
 *   deno task rebuild posts
 *   deno task rebuild posts --publish
 *
 * Says which rows differ (exit 3), or that all are equal; --publish swaps the
 * rebuilt tables in, in one transaction.
 */
import { JOB_FLAGS } from "../lib/cli/inputs.ts";
import { main } from "../lib/cli/main.ts";
import { knownJob } from "../lib/cli/names.ts";
import { rebuild } from "../lib/run/rebuild.ts";

await main(
  {
    arguments: ["<job>"],
    flags: {
      warehouse: JOB_FLAGS.warehouse,
      publish: {
        kind: "switch",
        help: "--publish            swap the rebuilt tables in",
      },
    },
  },
  async (task) => {
    const { report, switches } = task;
    const job = await knownJob(task.arguments[0]);
    const differences = await rebuild({
      job,
      publish: switches.publish,
      context: task,
    });
    for (const found of differences) {
      const { table, live_rows, rebuilt_rows } = found;
      report.line(
        `${table} differs: ${live_rows} rows, rebuilt ${rebuilt_rows}`,
      );
      if (found.only_live.length) report.table("only live", found.only_live);
      if (found.only_rebuilt.length) {
        report.table("only rebuilt", found.only_rebuilt);
      }
    }
    report.result({ job, equal: !differences.length, differences });
    if (!differences.length) report.line(`${job}: rebuilt and equal`);
    if (switches.publish) report.line(`${job}: published`);
    return differences.length && !switches.publish ? 3 : 0;
  },
);
