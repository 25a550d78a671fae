/** Kills the posts job on BigQuery wherever it can be killed, and lets it run again. */
import { assert, assertEquals } from "@std/assert";
import { bigqueryTest } from "./support/bigquery_server.ts";
import {
  CrashScenario,
  environmentAfter,
  type Point,
} from "./support/crash_scenario.ts";
import { runPosts } from "./support/sluice_process.ts";
import { assertSound, keptRows } from "./support/soundness.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";

const FIRST = ["data/posts/posts.json", "data/posts/votes.json"];
const SECOND = ["data/posts/posts_2.jsonl", "data/posts/votes_2.jsonl.gz"];

const SAMPLE: Point[] = [
  "load posts:after",
  "commit load:after",
  "sql/posts/bigquery/042_merge_votes.sql:after",
  "publish:before",
  "publish:after",
];
/** Before these have been done, runs that are killed leave different states. */
const STEPS_BEFORE_FOLDER = 8;
const FIRST_FILE: Point = "sql/posts/bigquery/005_clean_lines.sql:before";
const MANY = 200;

bigqueryTest("a run killed at a step goes on from there", async () => {
  await using loaded = await environmentAfter({
    dialect: "bigquery",
    server: undefined,
    deliveries: [FIRST],
  });
  const scenario = await CrashScenario.make({
    title: "second delivery",
    before: loaded,
    files: SECOND,
  });
  for (const point of SAMPLE) {
    assert(await scenario.survives([point]), `no run came to ${point}`);
  }
  if (!IS_FULL) return;
  for (let number = 1; number <= STEPS_BEFORE_FOLDER; number++) {
    for (const side of ["before", "after"] as const) {
      assert(await scenario.survives([`${number}:${side}`]));
    }
  }
  const count = await killedInFolder(scenario);
  console.log(`bigquery: killed after each of ${count} steps of the folder`);
  assert(count > 25, `only ${count} steps were found`);
});

/**
 * Nothing of the folder stays but by its end: one environment is killed on and on,
 * after each step; before the next one is the same.
 */
async function killedInFolder(
  { before, run: { files }, expected }: CrashScenario,
): Promise<number> {
  await using environment = await before.copy();
  const killed = async (point: Point) => {
    const env = { SLUICE_CRASH_AT: point };
    return await runPosts(environment, { files, env });
  };
  await killed(FIRST_FILE);
  for (let number = 1; number < MANY; number++) {
    const ended = await killed(`${number}:after`);
    if (ended.signal === "SIGKILL") continue;
    const note = `killed after every step up to ${number}`;
    assertEquals(ended.exit, 0, `${note}: ${ended.stderr}`);
    await assertSound(environment, note);
    assertEquals(await keptRows(environment), expected, note);
    return number - 1;
  }
  throw new Error(`a run had more than ${MANY} steps`);
}
