/** The archive of a table in which people have put things by hand. */
import { assertEquals, assertMatch } from "@std/assert";
import { drill } from "../scripts/lib/run/drill.ts";
import {
  emptyAds,
  insertPlain,
  liveRows,
  runArchive,
  runRestore,
} from "./support/archive_world.ts";

Deno.test("without a row of settings the run has to say what is old", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 2, from: "2026-01-01T00:00:00Z" });
  await environment.rows("delete from ads_settings returning 1");
  for (const is_dry_run of [true, false]) {
    const stopped = await runArchive(environment, { is_dry_run });
    assertEquals(stopped.exit, 2, stopped.stderr);
    assertMatch(stopped.stderr, /012_check_retention_is_known\.sql: The set/);
  }
  assertEquals((await liveRows(environment)).size, 2);
  const run = await runArchive(environment, { older_than_days: 1 });
  assertEquals(run.exit, 0, run.stderr);
  assertEquals((await liveRows(environment)).size, 0);
});

Deno.test("ads that someone put back by hand can be archived again, drilled and restored", async () => {
  // Another row of the same key, and all of the rows as they were.
  for (const count of [1, 3]) {
    await using environment = await emptyAds();
    const from = "2026-01-01T00:00:00Z";
    const drilled = async (when: string) => {
      const run = await runRestore(environment, {}, drill);
      assertEquals(run.exit, 0, `${count} put back, ${when}: ${run.stderr}`);
    };
    await insertPlain(environment, { count: 3, from });
    const expected = await liveRows(environment);
    assertEquals((await runArchive(environment)).exit, 0);
    await insertPlain(environment, { count, from });
    await drilled("not archived");
    assertEquals((await runArchive(environment)).exit, 0);
    await drilled("archived");

    await insertPlain(environment, { count, from });
    const back = await runRestore(environment, { from: "2026-01-01" });
    assertEquals(back.exit, 0, back.stderr);
    assertEquals(back.stderr.match(/warning/), null, back.stderr);
    assertEquals(await liveRows(environment), expected);
    assertEquals(await environment.rows("table archived_ads"), []);
    await drilled("restored");
    assertEquals((await runArchive(environment)).exit, 0);
    await drilled("archived once more");
  }
});

Deno.test("a restore says when fewer rows come back than its receipts say", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 3, from: "2026-01-01T00:00:00Z" });
  assertEquals((await runArchive(environment)).exit, 0);
  await environment.rows(
    "delete from archived_ads where ad_id = (select min(ad_id) from archived_ads) returning 1",
  );
  assertEquals((await runRestore(environment, {}, drill)).exit, 1);
  const back = await runRestore(environment, { from: "2026-01-01" });
  assertEquals(back.exit, 0, back.stderr);
  assertMatch(back.stderr, /warning: .*expected 3 rows to come back.*1 fewer/);
});

Deno.test("an ad whose day cannot be a folder stays, is told of, and stops no other", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 2, from: "2026-01-01T00:00:00Z" });
  for (const at of ["-infinity", "0044-03-15 12:00:00+00 BC", "0001-01-01"]) {
    await environment.rows(
      `insert into ads values ('shown ${at}', 'g', null, false, null, '${at}', '2026-01-01', 'b', 1) returning 1`,
    );
  }
  const run = await runArchive(environment);
  assertEquals(run.exit, 0, run.stderr);
  assertMatch(run.stderr, /013_check_days_have_a_name\.sql: Every ad was/);
  assertEquals([...(await liveRows(environment)).keys()].sort(), [
    "shown -infinity",
    "shown 0044-03-15 12:00:00+00 BC",
  ]);
  const tried = await runRestore(environment, {}, drill);
  assertEquals(tried.exit, 0, tried.stderr);
});
