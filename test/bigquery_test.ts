/** What a run on BigQuery owes to others: who works, who has died, what it costs. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { look } from "../scripts/lib/run/look.ts";
import { rebuild } from "../scripts/lib/run/rebuild.ts";
import { openWarehouse } from "../scripts/lib/warehouse/open_warehouse.ts";
import {
  bigqueryTest,
  sharedBigqueryServer,
} from "./support/bigquery_server.ts";
import { type Environment, makeEnvironment } from "./support/environment.ts";
import {
  type Finished,
  runPosts,
  startPosts,
} from "./support/sluice_process.ts";
import { inProcess } from "./support/run_in_process.ts";
import { assertSound, keptRows } from "./support/soundness.ts";

const CASE =
  `${Deno.cwd()}/test/cases/posts/a_late_post_makes_its_earlier_votes_count`;
const FILES = [`${CASE}/given_1_posts.jsonl`, `${CASE}/given_1_votes.jsonl`];
const MERGE = "sql/posts/bigquery/042_merge_votes.sql";
const HOLDER = /found one since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ, process \d+@/;
const LEAVES_WITHIN_MS = 15_000;

/** The same dataset and store, seen from another machine. */
async function elsewhere(environment: Environment): Promise<Environment> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  const settings = { ...environment.settings, home: folder };
  return { ...environment, folder, settings };
}

async function within(
  story: (one: Environment, other: Environment) => Promise<void>,
): Promise<void> {
  await using environment = await makeEnvironment("bigquery", "posts");
  const other = await elsewhere(environment);
  (await sharedBigqueryServer()).front.clear();
  await story(environment, other);
  await Deno.remove(other.folder, { recursive: true });
}

bigqueryTest(
  "the second of two runs names the first and leaves",
  () =>
    within(async (one, other) => {
      const holder = await openWarehouse("bigquery", one.settings);
      await holder.lock("posts");
      for (const environment of [one, other]) {
        const run = await runPosts(environment, { files: FILES });
        assertEquals(run.exit, 75, run.stderr);
        assertMatch(run.stderr, HOLDER);
        assertMatch(run.stderr, new RegExp(`\\b${Deno.pid}@`));
        assert(run.milliseconds_after_landing < LEAVES_WITHIN_MS);
      }
      await holder.close();
      assertOk(await runPosts(other, { files: FILES }));
      await assertSound(one, "after both");
    }),
);

bigqueryTest(
  "a run that was killed is ended by the next one on its machine",
  () =>
    within(async (one, other) => {
      const session = await killedIn(one);
      const front = (await sharedBigqueryServer()).front;
      const refused = await runPosts(other, { files: FILES });
      // Another machine cannot know yet that it is dead.
      assertEquals(refused.exit, 75, refused.stderr);
      assertEquals(front.ran.some(aborts(session)), false);
      assertOk(await runPosts(one, { files: FILES }));
      assert(front.ran.some(aborts(session)), "its session was not ended");
      await assertSound(one, "after the second run");
    }),
);

bigqueryTest(
  "a run that is silent too long is ended by any other",
  () =>
    within(async (one, other) => {
      const session = await killedIn(one);
      other.settings.bigquery_url += "&lease_seconds=1";
      await new Promise((wake) => setTimeout(wake, 1_100));
      assertOk(await runPosts(other, { files: FILES }));
      const { front } = await sharedBigqueryServer();
      assert(front.ran.some(aborts(session)), "its session was not ended");
      await assertSound(one, "after the second run");
    }),
);

bigqueryTest(
  "a run that was asleep while another took its place changes nothing",
  () =>
    within(async (one, other) => {
      for (const { settings } of [one, other]) {
        settings.bigquery_url += "&lease_seconds=2";
      }
      const run = startPosts(one, { files: FILES });
      await run.said("035_compare_posts.sql");
      run.kill("SIGSTOP");
      await new Promise((wake) => setTimeout(wake, 2_500));
      assertOk(await runPosts(other, { files: FILES }));
      const rows = await keptRows(one);
      run.kill("SIGCONT");
      const { exit, stderr } = await run.finished;
      assert([1, 75].includes(exit), stderr);
      assertEquals(await keptRows(one), rows);
      await assertSound(one, "after it woke up");
    }),
);

bigqueryTest(
  "what a run reads is recorded, shown and limited",
  () =>
    within(async (one) => {
      const { front } = await sharedBigqueryServer();
      front.bytes_per_job = 1_500_000;
      const run = await runPosts(one, { files: FILES });
      assertOk(run);
      assertMatch(
        run.stderr,
        /040_merge_posts\.sql {2}\d+ ms {2}1 rows {2}1\.5 MB read/,
      );
      const [{ bytes }] = await one.rows(
        "select bytes_processed as bytes from sluice_steps where file = '040_merge_posts.sql'",
      );
      assertEquals(bytes, 1_500_000);
      one.settings.bigquery_url += "&maximum_bytes_billed=1000000";
      const refused = await runPosts(one, { files: FILES });
      assertEquals(refused.exit, 1);
      assertMatch(refused.stderr, /exceeded limit for bytes billed: 1000000\./);
    }),
);

bigqueryTest(
  "a look leaves no trace, and a rebuild makes the same",
  () =>
    within(async (one) => {
      assertOk(await runPosts(one, { files: FILES }));
      const rows = await keptRows(one);
      const given = {
        settings: one.settings,
        options: { warehouse: "bigquery" },
      };
      for (const number of ["010", "040", "055"]) {
        const looked = await inProcess(
          given,
          (context) => look({ job: "posts", number, context }),
        );
        assertEquals(looked.exit, 0, looked.stderr);
        assert((looked.result as unknown[]).length, `${number} shows no rows`);
        await assertSound(one, `after a look at ${number}`);
      }
      for (const publish of [false, true]) {
        const again = await inProcess(given, async (context) => {
          const different = await rebuild({ job: "posts", publish, context });
          assertEquals(different, []);
        });
        assertEquals(again.exit, 0, again.stderr);
        assertEquals(await keptRows(one), rows);
      }
      await assertSound(one, "after a rebuild");
    }),
);

bigqueryTest(
  "rows that were loaded and never recorded are not merged",
  () =>
    within(async (one) => {
      const warehouse = await openWarehouse("bigquery", one.settings);
      const [vote] = (await Deno.readTextFile(FILES[1])).split("\n");
      await warehouse.execute("insert into staging_votes values ($1, 1, $2)", [
        "20200203T040506.789Z_0123456789ab",
        vote.replace('"Id":"1"', '"Id":"4711"'),
      ]);
      await warehouse.close();
      assertOk(await runPosts(one, { files: FILES }));
      const found = "select count(*) as n from votes where vote_id = 4711";
      assertEquals(await one.rows(found), [{ n: 0 }]);
      await assertSound(one, "after the run");
    }),
);

/** A run that is killed in its transaction; the session that it leaves open. */
async function killedIn(environment: Environment): Promise<string> {
  const killed = await runPosts(environment, {
    files: FILES,
    env: { SLUICE_CRASH_AT: `${MERGE}:after` },
  });
  assertEquals(killed.signal, "SIGKILL", killed.stderr);
  const { front } = await sharedBigqueryServer();
  return front.ran.findLast(({ session }) => session)!.session!;
}

function aborts(session: string) {
  return ({ statement }: { statement?: string }) =>
    statement?.includes(`abort_session('${session}')`) ?? false;
}

function assertOk({ exit, stderr }: Finished): void {
  assertEquals(exit, 0, stderr);
}
