/** Kills the catalog job while it replaces a day, and lets it run again. */
import { assert, assertEquals } from "@std/assert";
import {
  CrashScenario,
  environmentAfter,
  type Point,
} from "./support/crash_scenario.ts";
import { inPool } from "./support/seed.ts";
import { runPosts } from "./support/sluice_process.ts";
import { rowsIn } from "./support/soundness.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const DAYS = [1, 2, 3].map((day) =>
  `data/catalog/product_catalog_2021040${day}.csv`
);
const SAMPLE: Point[] = [
  "land catalog:after",
  "commit load:after",
  "sql/catalog/sqlite/040_merge_products.sql:after",
  "publish:after",
];
const FEWEST_POINTS = 25;
const PER_DAY =
  "select catalog_date, product_count, batch from products_per_day order by 1";

/** The second day again, without its first row. */
async function otherBytes(folder: string): Promise<string> {
  const text = await Deno.readTextFile(DAYS[1]);
  const path = `${folder}/product_catalog_20210402.csv`;
  await Deno.writeTextFile(path, text.replace(/\n.*\n/, "\n"));
  return path;
}

Deno.test("a replacement killed at any step replaces its day, once, and no other", async () => {
  await using before = await environmentAfter({
    dialect: "sqlite",
    server: undefined,
    script: "catalog",
    deliveries: DAYS.map((path) => [path]),
  });
  const scenario = await CrashScenario.make({
    title: "a day that is replaced",
    before,
    script: "catalog",
    files: [await otherBytes(before.folder)],
    flags: ["--replace"],
  });
  if (!IS_FULL) {
    for (const point of SAMPLE) {
      assert(await scenario.survives([point]), `no run came to ${point}`);
    }
    return;
  }
  let count = 0;
  await inPool(scenario.points(), 2, async (point) => {
    if (await scenario.survives([point])) count++;
    // A step that fails has no "after"; a run that ends has no more steps.
    else if (point.endsWith(":before")) scenario.isOver();
  });
  console.log(`a day that is replaced: ${count} points`);
  assert(count >= FEWEST_POINTS, `only ${count} points were found`);
});

Deno.test("what was landed to replace a day does so, whatever the next run is about", async () => {
  await using environment = await environmentAfter({
    dialect: "sqlite",
    server: undefined,
    script: "catalog",
    deliveries: DAYS.slice(0, 2).map((path) => [path]),
  });
  const before = await rowsIn(environment, PER_DAY);
  const killed = await runPosts(environment, {
    script: "catalog",
    files: [await otherBytes(environment.folder)],
    flags: ["--replace"],
    env: { SLUICE_CRASH_AT: "land catalog:after" },
  });
  assertEquals(killed.signal, "SIGKILL", killed.stderr);
  assertEquals(await rowsIn(environment, PER_DAY), before);

  const next = await runPosts(environment, {
    script: "catalog",
    files: [DAYS[2]],
  });
  assertEquals(next.exit, 0, next.stderr);
  const [first, second, third] = await rowsIn(environment, PER_DAY);
  assertEquals(first, before[0]);
  assertEquals(
    Number(second.product_count),
    Number(before[1].product_count) - 1,
  );
  assert(third);
  const batches = await rowsIn(
    environment,
    "select state from sluice_batches where job = 'catalog'",
  );
  assertEquals(batches.map(({ state }) => state), Array(4).fill("merged"));
});
