/** Many answers that wait are loaded together; one that is unfit leaves the others alone. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { batchName } from "../scripts/lib/store/batch_name.ts";
import { openStore } from "../scripts/lib/store/open_store.ts";
import { AdMaker, answerText } from "../data/ads/sample.ts";
import { AdsWorld } from "./support/ads_world.ts";
import { inPool } from "./support/seed.ts";
import { sha256 } from "./lib/store/store_contract.ts";

const HOUR_MS = 3600 * 1000;

/** Puts answers into the store, as hourly runs did that could not load them; their names. */
async function backUp(world: AdsWorld, texts: string[]): Promise<string[]> {
  const store = openStore(world.environment.settings.store_url);
  const start = Date.now() - (texts.length + 1) * HOUR_MS;
  const names: string[] = [];
  await inPool(texts.entries(), 16, async ([index, text]) => {
    const name = batchName(start + index * HOUR_MS, sha256(text));
    await store.put({
      open: async function* () {
        yield await Promise.resolve(new TextEncoder().encode(text));
      },
      named: () =>
        Promise.resolve({
          key: `backup/${name}`,
          note: {
            source: "http://127.0.0.1/ads",
            source_bytes: text.length,
            source_modified_at: new Date(start + index * HOUR_MS).toISOString(),
          },
        }),
    });
    names[index] = name;
  });
  return names;
}

function answers(count: number, ads: (index: number) => number): string[] {
  const maker = new AdMaker(7);
  const shown_before = Date.now() - (count + 2) * HOUR_MS;
  return Array.from(
    { length: count },
    (_, index) => answerText(maker.some(ads(index), shown_before)),
  );
}

/** The states of the batches, in order of their names. */
async function states(world: AdsWorld): Promise<unknown[]> {
  const rows = await world.rows(
    "select state from sluice_batches order by batch",
  );
  return rows.map(({ state }) => state);
}

Deno.test("a backlog is loaded in as few loads as can be, each line as it came", async () => {
  await using world = await AdsWorld.make({ behave: ["404"] });
  const texts = answers(1205, () => 3);
  const names = await backUp(world, texts);
  const stderr = await world.expect(1);
  assertMatch(stderr, /backup\/\S+ and 999 more {2}[\d,]+ ms {2}3,000 rows/);
  assertMatch(stderr, /backup\/\S+ and 204 more {2}[\d,]+ ms {2}615 rows/);
  assertMatch(stderr, /the SQL folder runs: 1205 batches are new/);
  const rows = await world.rows(
    "select ad_id, batch, line_number from ads order by batch, line_number",
  );
  const expected = texts.flatMap((text, index) =>
    JSON.parse(text).map(({ ad_id }: { ad_id: string }, line: number) => ({
      ad_id,
      batch: names[index],
      line_number: line + 1,
    }))
  );
  assertEquals(rows, expected);
  const counts = await world.rows(
    `select event, count(*) as n, sum(line_count) as lines from sluice_batch_events
     group by event order by event`,
  );
  assertEquals(counts.map(({ event, n }) => [event, n]), [
    ["landed", 1205],
    ["merged", 1205],
    ["staged", 1205],
  ]);
  assertEquals(Number(counts[2].lines), 3 * 1205);
});

Deno.test("of many answers only those that are unfit are set aside", async () => {
  await using world = await AdsWorld.make({ behave: ["404"] });
  const texts = answers(30, () => 20);
  texts[3] = texts[3].slice(0, 500);
  texts[11] = "[]";
  // Far fewer than the time before.
  texts[17] = answers(1, () => 1)[0];
  texts[29] = texts[29].replace("]", ",]");
  const names = await backUp(world, texts);
  const stderr = await world.expect(1);
  const expected = texts.map((_, index) =>
    [3, 11, 17, 29].includes(index) ? "set_aside" : "merged"
  );
  assertEquals(await states(world), expected);
  for (const index of [3, 11, 17, 29]) {
    assertMatch(
      stderr,
      new RegExp(`Cannot load \\S+/backup/${names[index]}\\S*: expected`),
    );
    assertMatch(stderr, new RegExp(`take-back ads ${names[index]}`));
  }
  const reasons = await world.rows(
    "select reason from sluice_batches where state = 'set_aside' order by batch",
  );
  assertMatch(
    reasons[2].reason as string,
    /last time \(20\), found 1: if that/,
  );
  assertEquals((await world.rows("select 1 from ads")).length, 26 * 20);
  // The others are not loaded again.
  world.api.behave(["404"]);
  assertMatch(await world.expect(1), /ads: nothing new/);
  assertEquals(await states(world), expected);
});

Deno.test("answers that are too large to be read ahead go in with the small ones", async () => {
  await using world = await AdsWorld.make({ behave: ["404"] });
  const texts = answers(6, (index) => index % 2 ? 4000 : 2000);
  assert(texts[1].length > 256 * 1024 && texts[0].length < 256 * 1024);
  // Cut at its very end: all before it has been sent by then.
  texts[3] = texts[3].trimEnd().slice(0, -1);
  await backUp(world, texts);
  await world.expect(1);
  assertEquals(await states(world), [
    ...["merged", "merged", "merged", "set_aside", "merged", "merged"],
  ]);
  const counts = await world.rows(
    "select count(*) as n from ads group by batch order by batch",
  );
  assertEquals(counts.map(({ n }) => n), [2000, 4000, 2000, 2000, 4000]);
});

Deno.test("the same answer twice in a backlog is loaded once", async () => {
  await using world = await AdsWorld.make({ behave: ["404"] });
  const texts = answers(4, () => 20);
  texts[2] = texts[1];
  const names = await backUp(world, texts);
  const stderr = await world.expect(1);
  assertMatch(
    stderr,
    new RegExp(`${names[2]} {2}the same bytes as ${names[1]}: not loaded`),
  );
  assertEquals(await states(world), [
    ...["merged", "merged", "repeated", "merged"],
  ]);
  assertEquals((await world.rows("select 1 from ads")).length, 60);
});

Deno.test("an object that was changed in the store is not loaded, the others are", async () => {
  await using world = await AdsWorld.make({ behave: ["404"] });
  const texts = answers(5, () => 20);
  const names = await backUp(world, texts);
  const path = `${world.environment.folder}/store/backup/${names[2]}`;
  await Deno.writeTextFile(path, texts[2].replace("brand", "drand"));
  const stderr = await world.expect(1);
  assertMatch(stderr, /expected sha256 .* the object was changed after it had/);
  assertEquals(await states(world), Array(4).fill("merged"));
  // Put right, it is loaded.
  await Deno.writeTextFile(path, texts[2]);
  world.api.behave(["404"]);
  await world.expect(1);
  assertEquals(await states(world), Array(5).fill("merged"));
});
