/** Runs of the ads job that are killed, or that meet: nothing is lost, nothing twice. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openWarehouse } from "../scripts/lib/warehouse/open_warehouse.ts";
import { AdsOracle } from "./support/ads_oracle.ts";
import { AdsWorld } from "./support/ads_world.ts";
import { inPool, SEED, seededRandom } from "./support/seed.ts";
import type { Finished } from "./support/sluice_process.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";

/** Steps from the API to the table, and what a kill there must not undo. */
const SAMPLE = [
  "open spool:after",
  "fetch backup:before",
  "fetch backup:after",
  "spool backup:after",
  "put backup:before",
  "put backup:after",
  "unspool backup:after",
  "load backup:after",
  "commit load:after",
  "publish:before",
];
const STEPS_MAX = 60;
const KILLS = IS_FULL ? 30 : 2;

/** Kills a run at this point and lets it run again; false when it was never killed. */
async function survives(world: AdsWorld, point: string): Promise<boolean> {
  const before = world.api.calls.length;
  const killed = await world.run({ env: { SLUICE_CRASH_AT: point } });
  if (killed.signal !== "SIGKILL") {
    assertEquals(killed.exit, 0, killed.stderr);
    return false;
  }
  const [{ n }] = await world.rows(
    `select count(*) as n from sluice_batches where state = 'merged'`,
  );
  const is_merged = Number(n) > before;
  await world.expect(0);
  // What came is loaded, and not asked for again; only a run that was through asks anew.
  const calls = world.api.calls.length - before;
  assertEquals(calls, is_merged ? 2 : 1, point);
  await world.assertAllThere(point);
  return true;
}

Deno.test("a run killed at a step is finished by the next, which does not ask again", async () => {
  await using world = await AdsWorld.make();
  await world.expect(0);
  if (!IS_FULL) {
    for (const point of SAMPLE) {
      assert(await survives(world, point), `no run came to ${point}`);
    }
    return;
  }
  let count = 0;
  for (let number = 1; number < STEPS_MAX; number++) {
    if (!await survives(world, `${number}:before`)) break;
    count++;
    if (await survives(world, `${number}:after`)) count++;
  }
  console.log(`killed at ${count} points of a run`);
  // It came to its end; how many steps there are is the run's own matter, but
  // those that have a name here are among them.
  const named = new Set(SAMPLE.map((point) => point.split(":")[0]));
  assert(count >= 2 * named.size, `only ${count} points`);
});

Deno.test("a run killed at any instant, twice in a row, is finished by the next", async () => {
  await using world = await AdsWorld.make();
  await world.expect(0);
  const { milliseconds } = await world.run();
  const random = seededRandom(SEED);
  // What a run says that it has must never be lost again.
  const fetched = [...world.api.calls];
  const listen = ({ stderr }: Finished) => {
    if (/^fetched /m.test(stderr)) fetched.push(world.api.calls.at(-1)!);
  };
  for (let round = 0; round < KILLS; round++) {
    for (const _ of [1, 2]) {
      const run = world.start();
      const timer = setTimeout(
        () => run.kill("SIGKILL"),
        random() * milliseconds,
      );
      listen(await run.finished);
      clearTimeout(timer);
    }
    const run = await world.run();
    listen(run);
    const { exit, stderr } = run;
    // A kill in the middle of an answer costs that answer, loudly.
    assert(exit === 0 || /cut by a crash/.test(stderr), stderr);
  }
  await world.expect(0);
  const whole = world.api.calls.filter(({ is_whole }) => is_whole).length;
  const kept = (await world.objects()).size;
  console.log(
    `${kept} of ${whole} answers kept, ${fetched.length} were said to be fetched (SLUICE_SEED=${SEED})`,
  );
  await new AdsOracle(world).assertAllThere(`SLUICE_SEED=${SEED}`, fetched);
});

Deno.test("the end of an answer that a kill cut off is missed, what came is kept", async () => {
  await using world = await AdsWorld.make({ behave: ["stalled", "answer"] });
  const run = world.start();
  while (!world.api.calls.length) await new Promise((go) => setTimeout(go, 20));
  // The half answer is on its way to the disk.
  await new Promise((go) => setTimeout(go, 300));
  run.kill("SIGKILL");
  assertEquals((await run.finished).signal, "SIGKILL");
  const stderr = await world.expect(1);
  assertMatch(stderr, /it was cut by a crash: expected one whole JSON array/);
  const [text] = (await world.objects("backup/refused")).values();
  assert(text.length && world.api.textOf(1).startsWith(text));
  assertEquals(world.api.calls.length, 2);
  assertEquals((await world.rows("select 1 from ads")).length, 20);
});

for (const count of IS_FULL ? [2, 4, 8] : [2, 8]) {
  Deno.test(`${count} runs at once land what they fetch, and one of them loads`, async () => {
    await using world = await AdsWorld.make();
    // An empty warehouse: they also meet while it is migrated.
    const items = Array.from({ length: count });
    const exits: number[] = [];
    await inPool(items, count, async () => {
      const { exit, stderr } = await world.run();
      assert(exit === 0 || exit === 75, stderr);
      exits.push(exit);
    });
    assert(exits.includes(0));
    await world.expect(0);
    await world.assertAllThere();
  });
}

Deno.test("a slow run that overlaps the next hour's loses nothing of either", async () => {
  await using world = await AdsWorld.make();
  await world.expect(0);
  const holder = await openWarehouse("postgres", world.environment.settings);
  try {
    await holder.lock("ads");
    await world.expect(75);
    assertEquals(world.api.calls.length, 2);
    await world.expect(75);
    assertEquals(world.api.calls.length, 2);
    await world.ageLanded(60);
    await world.expect(75);
    assertEquals(world.api.calls.length, 3);
    // What else is wrong is told as well.
    await world.ageLanded(60);
    world.api.behave(["html"]);
    assertMatch(
      await world.expect(75),
      /^warning: Cannot take the answer of /m,
    );
    assertEquals(world.api.calls.length, 4);
  } finally {
    await holder.close();
  }
  await world.expect(0);
  assertEquals((await world.rows("select 1 from ads")).length, 80);
});
