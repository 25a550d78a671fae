/** Loads, repeats and rebuilds beside the archive. */
import { assert, assertEquals } from "@std/assert";
import { rebuild } from "../scripts/lib/run/rebuild.ts";
import { givenFile } from "../scripts/lib/store/arrivals.ts";
import {
  assertNothingLost,
  cells,
  emptyAds,
  insertPlain,
  liveRows,
  runArchive,
  runRestore,
} from "./support/archive_world.ts";
import type { Environment } from "./support/environment.ts";
import { whileArchiveWaits } from "./support/held_archive.ts";
import { inProcess, runInProcess } from "./support/run_in_process.ts";

const OLD = "2026-01-05T10:00:00Z";
const NEW = "2026-02-25T10:00:00Z";

Deno.test("what was archived stays archived: late repeats and rebuilds bring nothing back", async () => {
  await using environment = await emptyAds();
  await load(environment, "one", [["a", OLD], ["b", OLD], ["c", NEW]]);
  const loaded = await cells(environment);
  const expected = await liveRows(environment);
  assertEquals((await runArchive(environment)).exit, 0);
  assertEquals(await keys(environment), ["c"]);

  await load(environment, "two", [["b", OLD], ["c", NEW], ["d", NEW]]);
  assertEquals(await keys(environment), ["c", "d"]);
  for (const publish of [false, true]) {
    assertEquals(await rebuilt(environment, publish), []);
    assertEquals(await keys(environment), ["c", "d"]);
    assertEquals((await away(environment)).length, 2);
  }

  const restored = await runRestore(environment, { from: "2026-01-05" });
  assertEquals(restored.exit, 0, restored.stderr);
  assertEquals(await keys(environment), ["a", "b", "c", "d"]);
  const back = await liveRows(environment);
  for (const key of [id("a"), id("b")]) {
    assertEquals(back.get(key), expected.get(key));
  }
  assert(loaded.length === 3);
  assertEquals(await rebuilt(environment, true), []);
  assertEquals(await keys(environment), ["a", "b", "c", "d"]);
});

Deno.test("a load is not disturbed by an archive that has deleted and not committed", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 50, from: "2026-01-01T00:00:00Z" });
  await load(environment, "one", [["a", OLD], ["c", NEW]]);
  let expected = await liveRows(environment);
  const place = "the rows are deleted, not committed";
  const run = await whileArchiveWaits(environment, { place }, async () => {
    const start = performance.now();
    await load(environment, "two", [["c", NEW], ["d", NEW], ["e", OLD]]);
    assert(performance.now() - start < 4_000, "it waited for a lock");
    expected = await liveRows(environment);
    const during = await inProcess(environment, async (context) => {
      await rebuild({ job: "ads", publish: true, context });
    });
    assertEquals(during.exit, 75, during.stderr);
  });
  assertEquals(run.exit, 0, run.stderr);
  await assertNothingLost(environment, expected);
  assertEquals(await keys(environment), ["c", "d", "e"]);
});

Deno.test("a restore beside an archive: every row is in one place", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 5, from: "2026-01-01T00:00:00Z" });
  assertEquals((await runArchive(environment)).exit, 0);
  await insertPlain(environment, { count: 5, from: "2026-01-02T00:00:00Z" });
  const place = "the choice is made";
  const run = await whileArchiveWaits(environment, { place }, async () => {
    const restored = await runRestore(environment, { to: "2026-01-01" });
    assertEquals(restored.exit, 0, restored.stderr);
  });
  assertEquals(run.exit, 0, run.stderr);
  const live = await liveRows(environment);
  assertEquals([live.size, (await away(environment)).length], [5, 5]);
  assertEquals((await runArchive(environment)).exit, 0);
  assertEquals((await away(environment)).length, 10);
  const restored = await runRestore(environment, { from: "2026-01-01" });
  assertEquals(restored.exit, 0, restored.stderr);
  assertEquals((await liveRows(environment)).size, 10);
});

/** The job's own way in: an answer of the API, given as a file. */
async function load(
  environment: Environment,
  name: string,
  ads: [letter: string, shown_at: string][],
): Promise<void> {
  const path = `${environment.folder}/${name}.json`;
  const answer = ads.map(([letter, shown_at]) => ({
    ad_id: id(letter),
    ad_group: "brand",
    ad_campaign: "__unknown",
    shown_at: Date.parse(shown_at) / 1000 + 0.25,
  }));
  await Deno.writeTextFile(path, JSON.stringify(answer));
  const run = await runInProcess({
    job: "ads",
    feeds: { backup: { arrivals: givenFile(path) } },
    settings: environment.settings,
  });
  assertEquals(run.exit, 0, run.stderr);
}

function id(letter: string): string {
  return `${letter.repeat(8)}-0000-4000-8000-000000000000`;
}

async function keys(environment: Environment): Promise<string[]> {
  const rows = await environment.rows(
    "select substr(ad_id, 1, 1) as letter from ads where ad_group = 'brand' and ad_id like '%-%' order by 1",
  );
  return rows.map(({ letter }) => letter as string);
}

function away(environment: Environment) {
  return environment.rows("select ad_id from archived_ads");
}

async function rebuilt(environment: Environment, publish: boolean) {
  let differences: unknown[] = [];
  const run = await inProcess(environment, async (context) => {
    differences = await rebuild({ job: "ads", publish, context });
  });
  assertEquals(run.exit, 0, run.stderr);
  return differences;
}
