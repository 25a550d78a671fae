/** Kills the archive and the way back wherever they can be killed. */
import { assert, assertEquals } from "@std/assert";
import {
  AS_OF,
  assertNothingLost,
  cells,
  insertHostile,
  insertPlain,
  liveRows,
  migrateAds,
  type Rows,
  runArchive,
  runVerify,
} from "./support/archive_world.ts";
import {
  type CopyableEnvironment,
  makeCopyable,
} from "./support/copied_environment.ts";
import type { Environment } from "./support/environment.ts";
import {
  type Place,
  PLACES,
  whileArchiveWaits,
} from "./support/held_archive.ts";
import { OwnServer } from "./support/own_server.ts";
import { Random } from "./support/random.ts";
import { inPool } from "./support/seed.ts";
import { seeds } from "./support/seeds.ts";
import { runPosts } from "./support/sluice_process.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const MANY = 1000;
const PAIRS = 30;

/** One job on one state; what it has to come to in the end. */
interface Scenario {
  title: string;
  script: string;
  flags: string[];
  before: CopyableEnvironment;
  expected: Rows;
  /** After a run that was left alone. */
  assertDone(environment: Environment, note: string): Promise<void>;
}

Deno.test("killed at any step, an archive and a restore lose nothing and go on", async () => {
  await using server = await OwnServer.start();
  await server.forgetDisk();
  await using full = await makeCopyable("postgres", server);
  await migrateAds(full);
  const days = ["2026-01-01", "2026-01-02", "2026-02-20"];
  await insertHostile(full, { seed: 1, days, per_day: 4 });
  const expected = await liveRows(full);
  const before = await cells(full);
  await using archived = await full.copy();
  assertEquals((await runArchive(archived)).exit, 0);

  const archive: Scenario = {
    title: "archive",
    script: "ads_archive",
    flags: [`--as-of=${AS_OF}`],
    before: full,
    expected,
    assertDone: async (environment, note) => {
      assertEquals((await liveRows(environment)).size, 4, note);
      assertEquals((await runVerify(environment)).exit, 0, note);
    },
  };
  const restore: Scenario = {
    title: "restore",
    script: "ads_restore",
    flags: ["--from=2026-01-01"],
    before: archived,
    expected,
    assertDone: async (environment, note) => {
      assertEquals(await cells(environment), before, note);
      const left = await environment.rows("select * from archived_ads");
      assertEquals(left, [], note);
    },
  };
  if (!IS_FULL) {
    for (
      const [scenario, point] of [
        [archive, "put object:after"],
        [archive, "commit archived:before"],
        [archive, "commit archived:after"],
        [restore, "commit restored:after"],
      ] as const
    ) {
      assert(await survives(scenario, [point]), `no run came to ${point}`);
    }
    return;
  }
  for (const scenario of [archive, restore]) {
    const count = await everyPoint(scenario);
    console.log(`${scenario.title}: killed at ${count} points`);
    await killedTwice(scenario, count / 2);
  }
});

/** n = 1, 2, 3 … until a run finishes without reaching n. */
async function everyPoint(scenario: Scenario): Promise<number> {
  let count = 0;
  let is_over = false;
  const points = function* () {
    for (let number = 1; number < MANY && !is_over; number++) {
      yield [`${number}:before`];
      yield [`${number}:after`];
    }
  };
  await inPool(points(), 2, async (point) => {
    if (await survives(scenario, point)) count++;
    else is_over = true;
  });
  assert(count > 20, `only ${count} points were found`);
  return count;
}

/** A second kill while the first is being made good. */
async function killedTwice(scenario: Scenario, steps: number): Promise<void> {
  for (const seed of seeds({ few: 1, many: 1 })) {
    const random = new Random(seed);
    const draw = () =>
      `${1 + random.below(steps)}:${random.pick(["before", "after"])}`;
    const drawn = Array.from({ length: PAIRS }, () => [draw(), draw()]);
    let pairs = 0;
    await inPool(drawn, 2, async (points) => {
      if (await survives(scenario, points)) pairs++;
    });
    console.log(
      `${scenario.title}: killed twice: ${pairs} pairs (SLUICE_SEED=${seed})`,
    );
    assert(pairs > PAIRS / 4, `only ${pairs} pairs of kills`);
  }
}

/** Kills one run after the other at these points; false when one finished. */
async function survives(
  { title, script, flags, before, expected, assertDone }: Scenario,
  points: string[],
): Promise<boolean> {
  await using environment = await before.copy();
  const note = `${title}, killed at ${points.join(", then ")}`;
  for (const point of points) {
    const env = { SLUICE_CRASH_AT: point };
    const run = await runPosts(environment, { script, files: [], flags, env });
    if (run.signal !== "SIGKILL") return false;
    await assertNothingLost(environment, expected, note);
  }
  const next = await runPosts(environment, { script, files: [], flags });
  assertEquals(next.exit, 0, `${note}: ${next.stderr}`);
  await assertNothingLost(environment, expected, note);
  await assertDone(environment, note);
  return true;
}

Deno.test("a signal, a lost session or a server without power undo what was deleted", async () => {
  await using server = await OwnServer.start();
  // What the server prefers is of no matter to lines and days.
  await server.rows("alter system set timezone = 'Pacific/Auckland'");
  await server.rows("alter system set datestyle = 'German'");
  await server.rows("select pg_reload_conf()");
  await using environment = await makeCopyable("postgres", server);
  await migrateAds(environment);
  await insertPlain(environment, {
    count: 6,
    from: "2026-01-01T12:00:00Z",
    seconds: 28_800,
  });
  const expected = await liveRows(environment);
  const places = Object.keys(PLACES) as Place[];
  for (const place of IS_FULL ? places : places.slice(-1)) {
    const terminated = await whileArchiveWaits(
      environment,
      { place },
      async (_, run) => {
        run.kill("SIGTERM");
        await run.finished;
      },
    );
    assertEquals(terminated.exit, 143, terminated.stderr);
    await assertNothingLost(environment, expected, `SIGTERM when ${place}`);

    const cut_off = await whileArchiveWaits(
      environment,
      { place },
      async (warehouse) => {
        await warehouse.execute(
          `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name like 'ads_archive %'`,
        );
      },
    );
    assertEquals(cut_off.exit, 1, cut_off.stderr);
    await assertNothingLost(environment, expected, `cut off when ${place}`);

    const without_power = await whileArchiveWaits(
      environment,
      { place },
      async () => {
        await server.stopImmediately();
      },
    );
    assertEquals(without_power.exit, 1, without_power.stderr);
    await server.startAgain();
    await assertNothingLost(environment, expected, `no power when ${place}`);
  }
  assertEquals((await liveRows(environment)).size, 6);
  const next = await runArchive(environment);
  assertEquals(next.exit, 0, next.stderr);
  await assertNothingLost(environment, expected);
  assertEquals((await liveRows(environment)).size, 0);
});
