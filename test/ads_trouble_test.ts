/** One thing that is wrong with `ads` is told, and keeps nothing else from its way. */
import { assertEquals, assertStringIncludes, fail } from "@std/assert";
import { jobStatus } from "../scripts/lib/run/status.ts";
import { givenFile } from "../scripts/lib/store/arrivals.ts";
import { allRows, type Warehouse } from "../scripts/lib/warehouse/warehouse.ts";
import { AdsWorld } from "./support/ads_world.ts";
import {
  assertNothingLost,
  emptyAds,
  insertPlain,
  liveRows,
} from "./support/archive_world.ts";
import { whileArchiveWaits } from "./support/held_archive.ts";
import { makeProject } from "./support/project.ts";
import { quietContext } from "./support/quiet_context.ts";
import { runInProcess } from "./support/run_in_process.ts";
import { startPosts } from "./support/sluice_process.ts";

Deno.test("hours in which the API fails are no good runs: the promise breaks", async () => {
  await using world = await AdsWorld.make({
    behave: ["answer", "404", "html"],
  });
  for (const exit of [0, 1, 1]) await world.expect(exit);
  await world.rows(
    `update sluice_runs set started_at = started_at - interval '3 hours',
       ended_at = ended_at - interval '3 hours'
     where is_folder_run returning 1`,
  );
  const { state, last_outcome } = await jobStatus(
    "ads",
    quietContext(world.environment),
  );
  assertEquals([state, last_outcome], ["stale", "failed"]);
  const messages = await world.rows(
    "select message from sluice_runs where outcome = 'failed'",
  );
  assertEquals(messages.length, 2);
  for (const { message } of messages) {
    assertStringIncludes(message as string, "Cannot");
  }
});

Deno.test("a taken back answer whose object is gone does not keep others waiting", async () => {
  await using world = await AdsWorld.make({ behave: ["type:text/plain"] });
  await world.expect(1);
  const [batch] = (await world.objects("backup/refused")).keys();
  await world.takeBack(batch);
  const { folder } = world.environment;
  await Deno.remove(`${folder}/store/backup/refused/${batch}`);
  assertStringIncludes(
    await world.expect(1),
    `Cannot load backup/refused/${batch}: expected it in file:`,
  );
  await world.ageLanded(40);
  await world.expect(1);
  assertEquals((await world.rows("select 1 from ads")).length, 40);
});

Deno.test("what is taken back is loaded although a clock was set back", async () => {
  await using world = await AdsWorld.make({ behave: ["empty"] });
  await world.expect(1);
  await world.rows(
    `update sluice_batch_events set event_at = event_at + interval '1 hour'
     returning 1`,
  );
  const [{ batch }] = await world.rows("select batch from sluice_batches");
  await world.takeBack(batch as string);
  await world.expect(0, { flags: ["--allow-empty"] });
  assertEquals(
    await world.rows(
      `select state from sluice_batches where batch = '${batch}'`,
    ),
    [{ state: "merged" }],
  );
});

Deno.test("a slip in the SQL folder costs no answer", async () => {
  const slips = [
    ["42_merge_ads.sql", "-- A name without its place.\n\nselect 1;\n"],
    ["042_merge_ads.sql", "no header\n"],
    [
      "042_merge_ads.sql",
      "-- What is not there.\n--\n-- reads: ads\n\nselect * from nothing;\n",
    ],
  ];
  for (const [name, text] of slips) {
    await using world = await AdsWorld.make();
    await using project = await makeProject("ads");
    await project.write("postgres", name, text);
    const env = { ADS_API_URL: world.address };
    const { environment } = world;
    const started = startPosts(environment, {
      script: "ads",
      files: [],
      project: project.folder,
      env,
    });
    const { exit, stderr } = await started.finished;
    assertEquals(exit, 1, stderr);
    assertEquals((await world.objects()).size, 1, stderr);
    assertStringIncludes(stderr, name);
    // Mended, it is loaded, and nobody is asked again.
    await world.expect(0);
    assertEquals(world.api.calls.length, 1);
    assertEquals((await world.rows("select 1 from ads")).length, 20);
  }
});

Deno.test("an earlier copy of an ad that is being archived right then disturbs nobody", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 5, from: "2026-01-01T00:00:00Z" });
  const ad_id = "aaaaaaaa-0000-4000-8000-000000000000";
  await environment.rows(
    `update ads set ad_id = '${ad_id}', batch = '2099' || substr(batch, 5)
     where ad_id = (select min(ad_id) from ads) returning 1`,
  );
  const before = await liveRows(environment);
  const path = `${environment.folder}/one.json`;
  const earlier = { ad_id, ad_group: "brand", ad_campaign: 1, shown_at: 1e9 };
  const other = { ...earlier, ad_id: ad_id.replaceAll("a", "b") };
  await Deno.writeTextFile(path, JSON.stringify([earlier, other]));
  let loading: ReturnType<typeof runInProcess> | undefined;
  const archived = await whileArchiveWaits(
    environment,
    { place: "the rows are deleted, not committed" },
    async (warehouse) => {
      loading = runInProcess({
        job: "ads",
        feeds: { backup: { arrivals: givenFile(path) } },
        settings: environment.settings,
      });
      await blocks(warehouse);
    },
  );
  assertEquals(archived.exit, 0, archived.stderr);
  const { exit, stderr } = await loading!;
  assertEquals(exit, 0, stderr);
  assertEquals(
    (await environment.rows("select ad_id from ads")).map((row) => row.ad_id),
    [other.ad_id],
  );
  const expected = new Map([...before, ...await liveRows(environment)]);
  await assertNothingLost(environment, expected);
});

/** Until a statement waits for a row that another one holds. */
async function blocks(warehouse: Warehouse): Promise<void> {
  const end = Date.now() + 20_000;
  while (Date.now() < end) {
    const waiting = await allRows(
      warehouse,
      `select 1 from pg_stat_activity
       where datname = current_database() and wait_event = 'transactionid'`,
    );
    if (waiting.length) return;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  fail("no statement waits for the archive");
}
