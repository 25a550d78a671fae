/**
 * ads_archive: old ads go to the archive, proven before they are deleted.
 *
 *   deno task ads:archive
 *   deno task ads:archive --older-than 60 --dry-run
 *
 * What is old the table ads_settings says, unless --older-than does.
 */
import { ARCHIVE_FLAGS, archiveOptions } from "./lib/cli/archive_inputs.ts";
import { main } from "./lib/cli/main.ts";
import { archive } from "./lib/run/archive_job.ts";
import { verifyArchive } from "./lib/run/verify_archive.ts";

await main({ flags: ARCHIVE_FLAGS }, async (task) => {
  const job = { job: "ads_archive", context: task };
  const options = archiveOptions(task);
  if (task.switches.verify) await verifyArchive(job);
  else await archive({ ...job, options });
});
