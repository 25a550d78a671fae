/** A run whose PostgreSQL session is taken away never does half of its work. */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { type Environment, makeEnvironment } from "./support/environment.ts";
import { OwnServer, rowsOf } from "./support/own_server.ts";
import { makeCopyable } from "./support/copied_environment.ts";
import { makeProject, slowFile } from "./support/project.ts";
import { SEED, seededRandom } from "./support/seed.ts";
import { runPosts, startPosts } from "./support/sluice_process.ts";
import { assertSound, keptRows } from "./support/soundness.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const FIRST = ["data/posts/posts.json", "data/posts/votes.json"];
const ROUNDS = 12;
const SECONDS = 60;

/** Would be made at once if it ever ran outside the transaction. */
const ESCAPED =
  "-- What ran on is there.\n\ncreate table escaped (n integer);\n";

Deno.test("a session that is ended in a statement ends the run, not its transaction", async () => {
  await using environment = await makeEnvironment("postgres");
  await using project = await makeProject();
  await project.write(
    "postgres",
    "042_wait_here.sql",
    slowFile("postgres", SECONDS),
  );
  await project.write("postgres", "042_wait_no_more.sql", ESCAPED);
  const run = startPosts(environment, {
    files: FIRST,
    project: project.folder,
  });
  const pid = await holderOf(environment, "pg_sleep");
  await end(environment, pid);
  const ended = await run.finished;
  assertEquals(ended.exit, 1, ended.stderr);
  assertStringIncludes(ended.stderr, "error: Cannot go on with PostgreSQL");
  assertIsForPeople(ended.stderr, environment);
  await assertNothingPublished(environment);
  await assertNoSecretIsKept(environment);
  await recovers(environment);
});

Deno.test("a session that is ended while copying ends the run cleanly", async () => {
  await using environment = await makeEnvironment("postgres");
  const votes = await manyVotes(environment.folder, 300_000);
  const run = startPosts(environment, { files: [FIRST[0], votes] });
  const pid = await holderOf(environment, "copy staging_votes");
  await end(environment, pid);
  const ended = await run.finished;
  assertEquals(ended.exit, 1, ended.stderr);
  assertStringIncludes(ended.stderr, "error: Cannot go on with PostgreSQL");
  assertIsForPeople(ended.stderr, environment);
  const [{ n }] = await environment.rows(
    "select count(*) as n from staging_votes",
  );
  assertEquals(Number(n), 0);
  const next = await runPosts(environment, { files: [FIRST[0], votes] });
  assertEquals(next.exit, 0, next.stderr);
  await assertSound(environment, "copying");
});

Deno.test("a frozen run cannot commit after another has taken over", async () => {
  await using environment = await makeEnvironment("postgres");
  await using project = await makeProject();
  await project.write("postgres", "042_wait_here.sql", slowFile("postgres", 1));
  await project.write("postgres", "042_wait_no_more.sql", ESCAPED);
  const frozen = startPosts(environment, {
    files: FIRST,
    project: project.folder,
  });
  const pid = await holderOf(environment, "pg_sleep");
  frozen.kill("SIGSTOP");
  try {
    await end(environment, pid);
    await recovers(environment);
  } finally {
    frozen.kill("SIGCONT");
  }
  const ended = await frozen.finished;
  assertEquals(ended.exit, 1, ended.stderr);
  assertIsForPeople(ended.stderr, environment);
  await recovers(environment);
  const made = await environment.rows(
    "select 1 as found from pg_tables where tablename = 'escaped' and schemaname = current_schema()",
  );
  assertEquals(made, []);
});

Deno.test({
  name: "a run frozen at any instant cannot undo what another did",
  ignore: !IS_FULL,
  fn: async () => {
    const random = seededRandom(SEED);
    await using alone = await makeEnvironment("postgres");
    const right = await runPosts(alone, { files: FIRST });
    const expected = await keptRows(alone);
    let taken_over = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await using environment = await makeEnvironment("postgres");
      const delay = random() * right.milliseconds;
      const note = `frozen after ${delay} ms (SLUICE_SEED=${SEED})`;
      const frozen = startPosts(environment, { files: FIRST });
      await new Promise((resolve) => setTimeout(resolve, delay));
      frozen.kill("SIGSTOP");
      let other;
      try {
        // Not connected yet, or already done: then there is nothing to end.
        for (const pid of await holders(environment, "")) {
          await end(environment, pid);
          taken_over++;
        }
        other = await runPosts(environment, { files: FIRST });
      } finally {
        frozen.kill("SIGCONT");
      }
      assertEquals(other.exit, 0, `${note}: ${other.stderr}`);
      const { exit, stderr } = await frozen.finished;
      assert([0, 1].includes(exit), `${note}: ${stderr}`);
      assertIsForPeople(stderr, environment);
      await assertSound(environment, note);
      assertEquals(await keptRows(environment), expected, note);
    }
    console.log(
      `frozen ${ROUNDS} times, taken over ${taken_over} times (SLUICE_SEED=${SEED})`,
    );
  },
});

for (
  const [what, query] of [
    ["mid-load", "copy staging_votes"],
    ["mid-merge", "merge into votes"],
  ]
) {
  Deno.test({
    name: `a server stopped at once in ${what} comes back to whole tables`,
    ignore: !IS_FULL,
    fn: async () => {
      await using server = await OwnServer.start();
      await using environment = await makeCopyable("postgres", server);
      await using alone = await makeCopyable("postgres", server);
      const votes = await manyVotes(environment.folder, 400_000);
      const files = [FIRST[0], votes];
      const right = await runPosts(alone, { files });
      assertEquals(right.exit, 0, right.stderr);

      const run = startPosts(environment, { files });
      await holderOf(environment, query);
      await server.stopImmediately();
      const ended = await run.finished;
      assertEquals(ended.exit, 1, ended.stderr);
      assertIsForPeople(ended.stderr, environment);
      const down = await runPosts(environment, { files });
      assertEquals(down.exit, 1, down.stderr);
      assertStringIncludes(down.stderr, "error: Cannot connect to PostgreSQL");

      await server.startAgain();
      await assertNothingPublished(environment);
      const next = await runPosts(environment, { files });
      assertEquals(next.exit, 0, next.stderr);
      await assertSound(environment, what);
      assertEquals(await keptRows(environment), await keptRows(alone));
    },
  });
}

async function recovers(environment: Environment): Promise<void> {
  const next = await runPosts(environment, { files: FIRST });
  assertEquals(next.exit, 0, next.stderr);
  await assertSound(environment, "after the session was ended");
  await using alone = await makeEnvironment("postgres");
  await runPosts(alone, { files: FIRST });
  assertEquals(await keptRows(environment), await keptRows(alone));
}

/** The session that holds the job's lock, once it runs such a statement. */
async function holderOf(
  environment: Environment,
  query: string,
): Promise<number> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const [pid] = await holders(environment, query);
    if (pid) return pid;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no run ever came to "${query}"`);
}

async function holders(
  { settings }: Environment,
  query: string,
): Promise<number[]> {
  const url = settings.postgres_url!;
  const schema = new URL(url).searchParams.get("schema") ?? "public";
  const rows = await rowsOf(
    url,
    `select distinct activity.pid from pg_stat_activity as activity
     join pg_locks as locks on locks.pid = activity.pid
     where locks.locktype = 'advisory'
       and (locks.classid::bigint << 32 | locks.objid::bigint)
         = hashtextextended('sluice ${schema} posts', 0)
       and (position('${query}' in activity.query) > 0 and activity.state = 'active'
         or '${query}' = '')`,
  );
  return rows.map(({ pid }) => Number(pid));
}

async function end({ settings }: Environment, pid: number): Promise<void> {
  await rowsOf(
    settings.postgres_url!,
    `select pg_terminate_backend(${pid}, 5000)`,
  );
}

async function assertNothingPublished(environment: Environment): Promise<void> {
  const [found] = await environment.rows(
    `select (select count(*) from posts) as post_count,
       (select count(*) from votes) as vote_count,
       (select count(*) from sluice_batch_events where event = 'merged') as merged_count,
       (select count(*) from pg_tables where tablename = 'escaped'
          and schemaname = current_schema()) as escaped_count`,
  );
  for (const [name, count] of Object.entries(found)) {
    assertEquals(Number(count), 0, name);
  }
}

/** One error, no stack trace, no password. */
function assertIsForPeople(stderr: string, { settings }: Environment): void {
  assert(!/^\s+at /m.test(stderr), stderr);
  assert(!stderr.includes(new URL(settings.postgres_url!).password), stderr);
}

async function assertNoSecretIsKept(environment: Environment): Promise<void> {
  const { password } = new URL(environment.settings.postgres_url!);
  assertNotEquals(password, "");
  for (const table of ["runs", "steps", "checks", "batch_events"]) {
    const rows = await environment.rows(`select * from sluice_${table}`);
    assert(!JSON.stringify(rows).includes(password), `sluice_${table}`);
  }
  const found = await new Deno.Command("grep", {
    args: ["-rlF", password, environment.folder],
  }).output();
  assertEquals(new TextDecoder().decode(found.stdout), "");
}

async function manyVotes(folder: string, count: number): Promise<string> {
  const path = `${folder}/many_votes.jsonl`;
  using file = await Deno.open(path, { create: true, write: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  for (let start = 1; start <= count; start += 10_000) {
    let text = "";
    for (let id = start; id < start + 10_000 && id <= count; id++) {
      text += `{"Id":"${id}","PostId":"${
        1 + id % 300
      }","VoteTypeId":"2","CreationDate":"2017-03-02T00:00:00.000"}\n`;
    }
    await writer.write(encoder.encode(text));
  }
  writer.releaseLock();
  return path;
}
