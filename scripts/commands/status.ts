/**
 * status: one line per job, and whether what was promised is kept.
 *
 *   deno task status
 *   deno task status ads --quiet
 *
 * A promise is a row of sluice_promises: a job and the hours within which it has
 * to have a good run. The exit code is 3 when one is broken or cannot be judged.
 */
import { JOB_FLAGS } from "../lib/cli/inputs.ts";
import { main } from "../lib/cli/main.ts";
import { chosenJobs } from "../lib/cli/names.ts";
import { jobStatus } from "../lib/run/status.ts";

await main(
  {
    arguments: ["[<job> …]"],
    counts: "any",
    flags: { warehouse: JOB_FLAGS.warehouse },
  },
  async (task) => {
    const names = await chosenJobs(task.arguments);
    const found = [];
    for (const job of names) {
      found.push(await jobStatus(job, task));
    }
    const rows = found.map(({ problem: _, ...row }) => row);
    task.report.table("Where each job stands.", rows);
    task.report.result(found);
    const bad = found.filter(({ state }) =>
      state === "stale" || state === "unreachable"
    );
    if (!bad.length) return;
    throw Object.assign(
      new Error(
        bad.map(({ job, state, ...one }) =>
          state === "unreachable"
            ? `Cannot judge "${job}": ${one.problem}`
            : `The promise of "${job}" is broken: expected a good run within ${one.fresh_within_hours} hours, found ${
              one.last_good_run_at
                ? `the last one at ${one.last_good_run_at}`
                : "none"
            }: run it by hand and read what it says: deno task ${
              job.replace("_", ":")
            }`
        ).join("\n"),
      ),
      { exit_code: 3 },
    );
  },
);
