/** SIGINT and SIGTERM end a run at once, whatever the database is busy with. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  DIALECTS,
  type Environment,
  makeEnvironment,
} from "./support/environment.ts";
import { makeProject, slowFile } from "./support/project.ts";
import { rowsOf } from "./support/own_server.ts";
import {
  runPosts,
  type Started,
  startPosts,
} from "./support/sluice_process.ts";
import { assertSound, keptRows, rowsIn } from "./support/soundness.ts";

const FIRST = ["data/posts/posts.json", "data/posts/votes.json"];
const ENDS_WITHIN_MS = 2_000;
const FAR_TOO_LONG_SECONDS = 600;

for (const dialect of DIALECTS) {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.test(`${signal} in the middle of a long statement ends the run (${dialect})`, async () => {
      await using environment = await makeEnvironment(dialect);
      await using project = await makeProject();
      await project.write(
        dialect,
        "042_wait_for_the_signal.sql",
        slowFile(dialect, FAR_TOO_LONG_SECONDS),
      );
      const run = startPosts(environment, {
        files: FIRST,
        project: project.folder,
        flags: signal === "SIGTERM" ? ["--quiet"] : [],
      });
      await isInTheMiddle(environment, run, signal === "SIGTERM");
      const start = performance.now();
      run.kill(signal);
      const end = await run.finished;
      const took = performance.now() - start;

      assertEquals(end.exit, code, end.stderr);
      assertEquals(end.signal, null);
      assert(took < ENDS_WITHIN_MS, `it ended after ${took} ms`);
      assertStringIncludes(end.stderr, `error: Interrupted by ${signal}`);
      assert(!/^\s+at /m.test(end.stderr), end.stderr);
      const [found] = await rowsIn(
        environment,
        `select (select count(*) from posts) as post_count,
           (select count(*) from votes) as vote_count,
           (select count(*) from staging_votes) as staged_count`,
      );
      assertEquals(Number(found.post_count), 0);
      assertEquals(Number(found.vote_count), 0);
      assertEquals(Number(found.staged_count) > 0, dialect === "postgres");

      const next = await runPosts(environment, { files: FIRST });
      assertEquals(next.exit, 0, next.stderr);
      await assertSound(environment, signal);
      await using alone = await makeEnvironment(dialect);
      await runPosts(alone, { files: FIRST });
      assertEquals(await keptRows(environment), await keptRows(alone));
    });
  }
}

Deno.test("a signal while the file lands leaves no object behind", async () => {
  await using environment = await makeEnvironment("sqlite");
  const path = `${environment.folder}/votes.json`;
  using file = await Deno.open(path, { create: true, write: true });
  // Holes: a gigabyte to read, nothing on the disk.
  await file.truncate(1024 ** 3);
  const run = startPosts(environment, { files: [FIRST[0], path] });
  await run.said("landed posts.json");
  await new Promise((resolve) => setTimeout(resolve, 100));
  run.kill("SIGINT");
  const end = await run.finished;
  assertEquals(end.exit, 130, end.stderr);
  const objects = await Array.fromAsync(
    Deno.readDir(`${environment.folder}/store`),
  );
  assert(!objects.some(({ name }) => name === "votes"), end.stderr);

  const next = await runPosts(environment, { files: FIRST });
  assertEquals(next.exit, 0, next.stderr);
  await assertSound(environment, "after landing was interrupted");
});

/** Waits until the long statement runs. */
async function isInTheMiddle(
  { dialect, settings }: Environment,
  run: Started,
  is_quiet: boolean,
): Promise<void> {
  if (dialect === "sqlite") {
    if (!is_quiet) await run.said("042_merge_votes.sql");
    await new Promise((resolve) => setTimeout(resolve, is_quiet ? 2_500 : 300));
    return;
  }
  const url = settings.postgres_url!;
  const schema = new URL(url).searchParams.get("schema");
  const key = `hashtextextended('sluice ${schema} posts', 0)`;
  while (true) {
    const found = await rowsOf(
      url,
      `select 1 from pg_stat_activity as activity
       join pg_locks as locks on locks.pid = activity.pid
       where locks.locktype = 'advisory'
         and (locks.classid::bigint << 32 | locks.objid::bigint) = ${key}
         and activity.query like '%pg_sleep%' and activity.state = 'active'`,
    );
    if (found.length) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
