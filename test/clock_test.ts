/** The ads jobs by clocks that jump: summer time comes and goes, hours and days are missed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AdsOracle } from "./support/ads_oracle.ts";
import { AdsWorld } from "./support/ads_world.ts";
import { clockAt, clockTest } from "./support/fake_clock.ts";

const ZONE = "Europe/Berlin";
const HOUR_MS = 3_600_000;
const RETENTION_MS = 30 * 24 * HOUR_MS;

/** The jobs of one pipeline, started by a cron whose clock a test sets. */
class Cron {
  readonly oracle: AdsOracle;

  constructor(readonly world: AdsWorld) {
    this.oracle = new AdsOracle(world);
  }

  /** The hourly job; its batch is named for this instant. */
  async ads(instant: string): Promise<void> {
    const { world, oracle } = this;
    const at_ms = Date.parse(instant);
    await world.expect(0, { env: clockAt(at_ms, ZONE) });
    await oracle.assertAllThere(instant);
    await oracle.assertInOrder(instant);
    const [name] = [...(await world.objects()).keys()].slice(-1);
    const minute = instant.replace(/[-:]/g, "").slice(0, 13);
    assertEquals(name.slice(0, 13), minute, "the name is not in UTC");
  }

  /** The daily job; afterwards what was old in UTC is away, and only that. */
  async archive(instant: string): Promise<{ away: number; live: number }> {
    const { world, oracle } = this;
    const at_ms = Date.parse(instant);
    const env = clockAt(at_ms, ZONE);
    await world.expect(0, { script: "ads_archive", env });
    const { live, away } = await oracle.assertAllThere(instant);
    const [{ at }] = await world.rows(
      `select max(as_of) as at from sluice_runs where job = 'ads_archive'`,
    );
    const old_before = Date.parse(at as string) - RETENTION_MS;
    assert(Math.abs(old_before + RETENTION_MS - at_ms) < 60_000, instant);
    for (const body of away.values()) {
      assert(shownAt(body) < old_before, `${instant}: it is young: ${body}`);
    }
    for (const body of live.values()) {
      assert(shownAt(body) >= old_before, `${instant}: it is old: ${body}`);
    }
    return { away: away.size, live: live.size };
  }
}

function shownAt(body: string): number {
  return Date.parse(JSON.parse(body).shown_at);
}

clockTest(
  "summer time comes: no hour is missed, and a day of 23 hours archives nothing that is young",
  async () => {
    // Ads that grow old around the nights of these days; the seed is one that
    // has some in the hour by which local time would be wrong.
    const now_ms = Date.parse("2026-02-27T14:00:00Z");
    await using world = await AdsWorld.make({
      seed: 1,
      ads_per_answer: 60,
      now_ms,
    });
    const cron = new Cron(world);
    await cron.ads("2026-03-28T02:12:00Z"); // 03:12 in winter
    assertEquals((await cron.archive("2026-03-28T02:42:00Z")).away, 0);
    await cron.ads("2026-03-29T00:12:00Z"); // 01:12 in winter
    await cron.ads("2026-03-29T01:12:00Z"); // 03:12 in summer: the next hour
    const { live } = await cron.oracle.assertSound();
    const wrong_from = Date.parse("2026-02-27T01:42:00Z");
    const in_wrong_hour = [...live.values()].map(shownAt)
      .filter((at) => at >= wrong_from && at < wrong_from + HOUR_MS);
    assert(in_wrong_hour.length > 0);
    const found = await cron.archive("2026-03-29T01:42:00Z"); // 03:42 again
    assert(found.away > 0 && found.live > 0);
    await cron.ads("2026-03-29T02:12:00Z");
    assertEquals((await cron.archive("2026-03-30T01:42:00Z")).live, 0);
    await assertNoOtherClock(world, "2026-03-31");
  },
);

clockTest(
  "summer time goes: the hour that comes twice has two answers, and two archives do no harm",
  async () => {
    const now_ms = Date.parse("2026-09-25T06:00:00Z");
    await using world = await AdsWorld.make({ seed: 1, now_ms });
    const cron = new Cron(world);
    await cron.ads("2026-10-25T00:12:00Z"); // 02:12 in summer
    const first = await cron.archive("2026-10-25T00:42:00Z"); // 02:42
    await cron.ads("2026-10-25T01:12:00Z"); // 02:12 in winter
    const second = await cron.archive("2026-10-25T01:42:00Z"); // 02:42 again
    assert(second.away > first.away && first.away > 0);
    assertEquals(world.api.calls.length, 2);
    await assertNoOtherClock(world, "2026-10-26");
  },
);

clockTest(
  "hours that were missed are hours without an answer, days are made good",
  async () => {
    const now_ms = Date.parse("2026-05-01T06:00:00Z");
    await using world = await AdsWorld.make({ now_ms });
    const cron = new Cron(world);
    await cron.ads("2026-05-01T06:12:00Z");
    // Killed before its answer is loaded; the machine comes back in the morning.
    const at_ms = Date.parse("2026-05-01T22:12:00Z");
    const env = {
      ...clockAt(at_ms, ZONE),
      SLUICE_CRASH_AT: "spool backup:after",
    };
    assertEquals((await world.run({ env })).signal, "SIGKILL");
    assertEquals(await missing(cron.world), 20);
    const stderr = await cron.world.expect(0, {
      env: clockAt(Date.parse("2026-05-02T07:12:00Z"), ZONE),
    });
    assertMatch(stderr, /the SQL folder runs: 2 batches are new/);
    await cron.oracle.assertInOrder();
    // Four weeks later the archive has never run.
    await cron.ads("2026-05-30T07:12:00Z");
    assertEquals((await cron.archive("2026-06-10T01:42:00Z")).live, 0);
    assertEquals(world.api.calls.length, 4);
  },
);

/** How many ads the API gave that are not in the table. */
async function missing(world: AdsWorld): Promise<number> {
  const rows = await world.rows("select ad_id from ads");
  const ids = new Set(rows.map(({ ad_id }) => ad_id));
  return world.api.calls.flatMap(({ ad_ids }) => ad_ids)
    .filter((ad_id) => !ids.has(ad_id)).length;
}

/** The jobs go by their own clock alone: no table knows the server's. */
async function assertNoOtherClock(world: AdsWorld, day: string) {
  const columns = await world.rows(
    `select table_name, column_name from information_schema.columns
     join information_schema.tables using (table_schema, table_name)
     where table_schema = current_schema() and table_type = 'BASE TABLE'
       and (data_type like 'timestamp%' or column_name like '%\\_at')`,
  );
  assert(columns.length > 5);
  for (const { table_name, column_name } of columns) {
    const later = await world.rows(
      `select ${column_name} as at from ${table_name}
       where cast(${column_name} as timestamptz) >= '${day}'`,
    );
    assertEquals(later, [], `${table_name}.${column_name}`);
  }
}
