/** What cron does to the ads jobs: at the same minute, too slow, too late. Nothing is lost by it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AdsOracle } from "./support/ads_oracle.ts";
import { type AdsRun, AdsWorld } from "./support/ads_world.ts";
import {
  assertNothingLost,
  emptyAds,
  insertPlain,
  liveRows,
  type Rows,
  runArchive,
} from "./support/archive_world.ts";
import { FaultProxy } from "./support/fault_proxy.ts";
import { whileArchiveWaits } from "./support/held_archive.ts";
import {
  inTheMiddle,
  type Middle,
  removeMiddle,
} from "./support/middle_of_statement.ts";
import type { Finished } from "./support/sluice_process.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const HOUR_MS = 3_600_000;
const RETENTION_MS = 30 * 24 * HOUR_MS;

Deno.test("both jobs at the same minute: an ad is archived once it is old, and none is lost or there twice", async () => {
  await using world = await AdsWorld.make();
  const oracle = new AdsOracle(world);
  // The first time there is no table yet: both make them.
  for (let minute = 1; minute <= (IS_FULL ? 6 : 2); minute++) {
    const old_before = Date.now() - 12 * HOUR_MS;
    const [ads, archived] = await Promise.all([
      world.run(),
      world.run(archive(old_before)),
    ]);
    assertEquals(ads.exit, 0, ads.stderr);
    assertEquals(archived.exit, 0, archived.stderr);
    const { live, away } = await oracle.assertAllThere(`minute ${minute}`);
    await oracle.assertInOrder();
    assertOld(away, old_before);
    assertEquals(live.size + away.size, 20 * minute);
  }
});

Deno.test("each job runs through while the other is in the middle of a statement", async () => {
  // Of these ads some are older than half a day.
  await using world = await AdsWorld.make({ seed: 1 });
  const oracle = new AdsOracle(world);
  await world.expect(0);
  const old_before = Date.now() - 12 * HOUR_MS;
  const [{ line_number }] = await world.rows(
    "select line_number::int from ads order by shown_at limit 1",
  ) as { line_number: number }[];
  const deleting: Middle = { table: "ads", event: "delete", line_number };
  const slow_archive = await inTheMiddle(world.environment, deleting, {
    start: () => world.start(archive(old_before)),
    story: async () => {
      await world.expect(0);
    },
  });
  assertEquals(slow_archive.exit, 0, slow_archive.stderr);
  await removeMiddle(world.environment, deleting);
  const first = await oracle.assertAllThere();
  assertOld(first.away, old_before);
  assert(first.away.size > 0);

  const copying: Middle = {
    table: "staging_backup",
    event: "insert",
    line_number: 10,
  };
  const slow_ads = await inTheMiddle(world.environment, copying, {
    start: () => world.start(),
    story: async () => {
      await world.expect(0, archive(old_before));
    },
  });
  assertEquals(slow_ads.exit, 0, slow_ads.stderr);
  const { live, away } = await oracle.assertAllThere();
  await oracle.assertInOrder();
  assertOld(away, old_before);
  // What was old and there when the second archive began.
  assert(away.size > first.away.size);
  assertEquals(live.size + away.size, 60);
});

/** An archive run for which ads are old that were shown before this instant. */
function archive(old_before: number): AdsRun {
  const as_of = new Date(old_before + RETENTION_MS).toISOString();
  return { script: "ads_archive", flags: [`--as-of=${as_of}`] };
}

function assertOld(rows: Rows, old_before: number): void {
  for (const body of rows.values()) {
    assert(Date.parse(JSON.parse(body).shown_at) < old_before, body);
  }
}

Deno.test("a run whose answer is still on its way when the next hour's comes and goes keeps it", async () => {
  await using world = await AdsWorld.make();
  const oracle = new AdsOracle(world);
  await world.expect(0);
  using proxy = FaultProxy.start(world.api.url);
  let next: Finished | undefined;
  const act = async () => {
    next = await world.run();
  };
  proxy.add({ hits: [1], fault: { kind: "meanwhile", act } });
  const address = world.address.replace(hostOf(world.api), hostOf(proxy));
  await world.expect(0, { env: { ADS_API_URL: address } });
  assertEquals(next?.exit, 0, next?.stderr);
  assertEquals(world.api.calls.length, 3);
  const { live } = await oracle.assertAllThere();
  assertEquals(live.size, 60);
  // The slow one landed last.
  await oracle.assertInOrder();
});

function hostOf({ url }: { url: string }): string {
  return new URL(url).host;
}

Deno.test("a slow archive that overlaps the next day's: that one leaves, the day after takes what both left", async () => {
  await using environment = await emptyAds();
  // Four rows a day; the first day is old on the 1st of March.
  await insertPlain(environment, {
    count: 40,
    from: "2026-01-29T00:00:00Z",
    seconds: 21_600,
  });
  const expected = await liveRows(environment);
  const place = "the rows are deleted, not committed";
  const slow = await whileArchiveWaits(environment, { place }, async () => {
    const next = await runArchive(environment, dayOfMarch(2));
    assertEquals(next.exit, 75, next.stderr);
    assertMatch(next.stderr, /found one since 20\d\d-/);
  });
  assertEquals(slow.exit, 0, slow.stderr);
  await assertNothingLost(environment, expected);
  assertEquals((await liveRows(environment)).size, 36);
  const after = await runArchive(environment, dayOfMarch(3));
  assertEquals(after.exit, 0, after.stderr);
  await assertNothingLost(environment, expected);
  assertEquals((await liveRows(environment)).size, 28);
});

function dayOfMarch(day: number) {
  return { as_of: `2026-03-0${day}T00:00:00.000Z` };
}

Deno.test("days without an archive, or without its store, are made good by the next run", async () => {
  await using every_day = await emptyAds();
  await using with_gaps = await emptyAds();
  const rows = { count: 40, from: "2026-01-29T00:00:00Z", seconds: 21_600 };
  for (const environment of [every_day, with_gaps]) {
    await insertPlain(environment, rows);
  }
  const expected = await liveRows(with_gaps);
  const store = `${with_gaps.folder}/store`;
  for (let day = 1; day <= 8; day++) {
    const { exit, stderr } = await runArchive(every_day, dayOfMarch(day));
    assertEquals(exit, 0, stderr);
    // Days 2 to 4 are missed; on days 6 and 7 the store is away.
    if (day > 1 && day < 5) continue;
    const is_away = day === 6 || day === 7;
    if (is_away) {
      await Deno.rename(store, `${store}_away`);
      await Deno.writeTextFile(store, "a file in its place");
    }
    const other = await runArchive(with_gaps, dayOfMarch(day));
    assertEquals(other.exit, is_away ? 1 : 0, other.stderr);
    if (is_away) {
      await Deno.remove(store);
      await Deno.rename(`${store}_away`, store);
    }
    await assertNothingLost(with_gaps, expected, `day ${day}`);
    const left = (await liveRows(with_gaps)).size;
    assertEquals(left, 40 - 4 * (is_away ? 5 : day), `day ${day}`);
  }
  await assertNothingLost(every_day, expected);
  assertEquals(await liveRows(with_gaps), await liveRows(every_day));
});
