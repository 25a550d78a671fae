/**
 * ads: what the API shows now, backed up as it came, then loaded.
 *
 *   deno task ads
 *   ADS_API_URL=http://127.0.0.1:9090/ads deno task ads --quiet
 *
 * The API never gives the same answer twice: each goes into the store, under
 * backup/, before any row of it is loaded.
 */
import { API_JOB_FLAGS, requiredVariable } from "./lib/cli/inputs.ts";
import { main } from "./lib/cli/main.ts";
import { jsonApi } from "./lib/net/json_api.ts";
import { runJob } from "./lib/run/run_job.ts";

const TRY_WITHOUT = "see .env.example, or try it with deno task standin:ads";

await main({ flags: API_JOB_FLAGS }, async (task) => {
  const api = jsonApi(requiredVariable("ADS_API_URL", TRY_WITHOUT));
  await runJob({ job: "ads", feeds: { backup: { api } }, context: task });
});
