/** Kills the posts job wherever it can be killed, and lets it run again. */
import { assert } from "@std/assert";
import {
  CrashScenario,
  environmentAfter,
  type Point,
} from "./support/crash_scenario.ts";
import { DIALECTS, type TestDialect } from "./support/environment.ts";
import { OwnServer } from "./support/own_server.ts";
import { inPool, SEED, seededRandom } from "./support/seed.ts";
import { startPosts } from "./support/sluice_process.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";

const FIRST = ["data/posts/posts.json", "data/posts/votes.json"];
const SECOND = ["data/posts/posts_2.jsonl", "data/posts/votes_2.jsonl.gz"];
/** Posts given as votes: a check stops the run and accuses the batch. */
const SWAPPED = ["data/posts/posts_2.jsonl", "data/posts/posts_2.jsonl"];

const RUNS_AT_ONCE = 2;
const RANDOM_KILLS = 50;
const PAIRS = 30;

for (const dialect of DIALECTS) {
  Deno.test(`a run killed at a step goes on from there (${dialect})`, async () => {
    await using server = dialect === "postgres"
      ? await OwnServer.start()
      : undefined;
    await server?.forgetDisk();
    await using empty = await environmentAfter({
      dialect,
      server,
      deliveries: [],
    });
    await using loaded = await environmentAfter({
      dialect,
      server,
      deliveries: [FIRST],
    });
    const first = await CrashScenario.make({
      title: "first delivery",
      before: empty,
      files: FIRST,
    });
    const second = await CrashScenario.make({
      title: "second delivery",
      before: loaded,
      files: SECOND,
    });
    const swapped = await CrashScenario.make({
      title: "a delivery that is set aside",
      before: loaded,
      files: SWAPPED,
      exit: 2,
    });
    const found = new Map<CrashScenario, number>();
    for (
      const [scenario, sample] of [
        [first, ["migrate:after", `${mergeVotes(dialect)}:after`]],
        [second, ["land votes:after", "commit load:after", "publish:after"]],
        [swapped, ["commit failure:after"]],
      ] as [CrashScenario, Point[]][]
    ) {
      found.set(
        scenario,
        IS_FULL
          ? await everyPoint(scenario)
          : await thesePoints(scenario, sample),
      );
    }
    const count = [...found.values()].reduce((one, other) => one + other);
    console.log(`${dialect}: killed at ${count} points of three deliveries`);
    if (IS_FULL) {
      await killedTwice(second, found.get(second)! / 2);
      await killedAtRandom(first, RANDOM_KILLS / 2);
      await killedAtRandom(second, RANDOM_KILLS / 2);
    }
  });
}

function mergeVotes(dialect: TestDialect): string {
  return `sql/posts/${dialect}/042_merge_votes.sql`;
}

async function thesePoints(
  scenario: CrashScenario,
  points: Point[],
): Promise<number> {
  for (const point of points) {
    assert(await scenario.survives([point]), `no run came to ${point}`);
  }
  return points.length;
}

/** n = 1, 2, 3 … until a run finishes without reaching n. */
async function everyPoint(scenario: CrashScenario): Promise<number> {
  let count = 0;
  await inPool(scenario.points(), RUNS_AT_ONCE, async (point) => {
    if (await scenario.survives([point])) count++;
    // A step that fails has no "after"; a run that ends has no more steps.
    else if (point.endsWith(":before")) scenario.isOver();
  });
  console.log(`${scenario.before.dialect}: ${scenario.title}: ${count} points`);
  assert(count > 60, `only ${count} points were found`);
  return count;
}

/** A second kill while the first is being made good. */
async function killedTwice(
  scenario: CrashScenario,
  steps: number,
): Promise<void> {
  const random = seededRandom(SEED);
  const draw = (): Point =>
    `${1 + Math.floor(random() * steps)}:${
      random() < 0.5 ? "before" : "after"
    }`;
  let pairs = 0;
  const drawn = Array.from({ length: PAIRS }, () => [draw(), draw()]);
  await inPool(drawn, RUNS_AT_ONCE, async (points) => {
    if (await scenario.survives(points)) pairs++;
  });
  console.log(
    `${scenario.before.dialect}: killed twice: ${pairs} pairs (SLUICE_SEED=${SEED})`,
  );
  // A recovery has fewer steps: some second points are past its end.
  assert(pairs > PAIRS / 3, `only ${pairs} pairs of kills`);
}

/** At any instant of the run, also in the middle of a step. */
async function killedAtRandom(
  scenario: CrashScenario,
  count: number,
): Promise<void> {
  const random = seededRandom(SEED + 1);
  const { run: { files }, before, milliseconds } = scenario;
  const delays = Array.from(
    { length: count },
    () => random() * milliseconds,
  );
  let killed = 0;
  await inPool(delays, RUNS_AT_ONCE, async (delay) => {
    await using environment = await before.copy();
    const run = startPosts(environment, { files });
    const timer = setTimeout(() => run.kill("SIGKILL"), delay);
    if ((await run.finished).signal === "SIGKILL") killed++;
    clearTimeout(timer);
    await scenario.recover(
      environment,
      `${Math.round(delay)} ms (SLUICE_SEED=${SEED})`,
    );
  });
  console.log(
    `${before.dialect}: ${scenario.title}: killed at ${killed} of ${count} random instants (SLUICE_SEED=${SEED})`,
  );
}
