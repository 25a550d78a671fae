/**
 * bare: a file of votes into one typed table with a key, and nothing else.
 *
 *   deno run -A test/bench/project/bare.ts <votes file>
 */
import { givenPath, JOB_FLAGS } from "../../../scripts/lib/cli/inputs.ts";
import { main } from "../../../scripts/lib/cli/main.ts";
import { runJob } from "../../../scripts/lib/run/run_job.ts";
import { givenFile } from "../../../scripts/lib/store/arrivals.ts";

await main({ arguments: ["<votes file>"], flags: JOB_FLAGS }, async (task) => {
  const votes = givenFile(givenPath(task.arguments[0]));
  await runJob({
    job: "bare",
    feeds: { votes: { arrivals: votes } },
    context: task,
  });
});
