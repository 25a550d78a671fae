/** The ads job from the API to the table: what comes is kept, loaded once, never in part. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { rebuild } from "../scripts/lib/run/rebuild.ts";
import { AdsWorld, CANARY } from "./support/ads_world.ts";
import { rowsOf } from "./support/own_server.ts";
import { quietContext } from "./support/quiet_context.ts";

Deno.test("each run asks once, backs up byte for byte, and loads once", async () => {
  await using world = await AdsWorld.make({
    behave: ["answer", "chunked", "gzip"],
  });
  for (const _ of [1, 2, 3]) await world.expect(0);
  await world.assertAllThere();
  assertEquals(world.api.calls.length, 3);
  const names = [...(await world.objects()).keys()];
  assertEquals(names, names.toSorted());
  const [landed] = await world.rows(
    "select object, source, reason from sluice_batch_events where event = 'landed' order by batch",
  );
  assertEquals(landed, {
    object: `backup/${names[0]}`,
    source: `${world.api.url}/ads`,
    reason: null,
  });
});

Deno.test("a password in the address is in no output, ledger, object or spool", async () => {
  await using world = await AdsWorld.make({
    behave: ["answer", "html", "cut", "404", "redirect:http://127.0.0.1:1/"],
  });
  for (const exit of [0, 1, 1, 1, 1]) await world.expect(exit);
  const store = `file:${world.environment.folder}/gone`;
  await Deno.writeTextFile(`${world.environment.folder}/gone`, "");
  await world.expect(1, { env: { ADS_STORE_URL: store, DEBUG: "1" } });
  assertEquals(world.spooled().length, 1);

  const { code } = await new Deno.Command("grep", {
    args: ["-r", CANARY, world.environment.folder],
  }).output();
  assertEquals(code, 1);
  for (const table of ["batch_events", "runs", "steps", "checks"]) {
    const rows = await world.rows(`select * from sluice_${table}`);
    assert(!JSON.stringify(rows).includes(CANARY), table);
  }
});

Deno.test("without an address it says what to set, and how to try without", async () => {
  await using world = await AdsWorld.make();
  const { exit, stderr } = await world.run({ env: { ADS_API_URL: "" } });
  assertEquals(exit, 64);
  assertStringIncludes(stderr, '"ADS_API_URL" is not set: see .env.example');
  assertStringIncludes(stderr, "deno task standin:ads");
  const wrong = await world.expect(64, {
    env: { ADS_API_URL: `ftp://anna:${CANARY}@example.org` },
  });
  assertStringIncludes(wrong, 'found one that begins with "ftp:"');
  assertEquals(world.spooled(), []);
});

Deno.test("a host that the task may not reach is named, with the line to add", async () => {
  await using world = await AdsWorld.make();
  const stderr = await world.expect(1, {
    env: { ADS_API_URL: "https://api.example.org/v1" },
  });
  assertStringIncludes(stderr, "may not reach api.example.org:443");
  assertStringIncludes(
    stderr,
    `add "api.example.org:443" to "net" of this task's set`,
  );
});

Deno.test("an API that gives nothing fails the run, but not what waits", async () => {
  await using world = await AdsWorld.make({ behave: ["answer", "404"] });
  await world.expect(0);
  // Staged and not merged, as a run leaves it that is killed before it publishes.
  const { signal } = await world.run({
    env: { SLUICE_CRASH_AT: "put backup:after" },
  });
  assertEquals([signal, world.api.calls.length], [null, 2]);
  const killed = await world.run({
    env: { SLUICE_CRASH_AT: "put backup:after" },
  });
  assertEquals(killed.signal, "SIGKILL");
  await world.ageLanded(45);
  await world.ageSpool(45);
  world.api.behave(["404"]);
  const stderr = await world.expect(1);
  assertMatch(stderr, /got 404/);
  assertMatch(stderr, /the SQL folder runs: a batch is new/);
  assertEquals(world.api.calls.length, 4);
  const [{ n }] = await world.rows("select count(*) as n from ads");
  assertEquals(n, 40);
});

Deno.test("a refused answer is kept with its reason, and can be taken back", async () => {
  await using world = await AdsWorld.make({ behave: ["type:text/plain"] });
  const stderr = await world.expect(1);
  const [batch] = (await world.objects("backup/refused")).keys();
  assertStringIncludes(
    stderr,
    `Cannot take the answer of ${world.api.url}/ads: expected JSON, found the content type "text/plain"`,
  );
  assertStringIncludes(stderr, `/store/backup/refused/${batch}: look at it`);
  assertStringIncludes(stderr, `deno task batches take-back ads ${batch}`);
  assertEquals(
    await world.rows(
      "select event, object, reason from sluice_batch_events order by event_at",
    ),
    [
      { event: "landed", object: `backup/refused/${batch}`, reason: null },
      {
        event: "set_aside",
        object: null,
        reason: 'expected JSON, found the content type "text/plain"',
      },
    ],
  );
  assertEquals(await world.rows("select * from ads"), []);

  // It blocks nobody: the next run asks and loads.
  await world.expect(0);
  assertEquals(world.api.calls.length, 2);
  await world.takeBack(batch);
  await world.expect(0);
  const [{ n }] = await world.rows("select count(*) as n from ads");
  assertEquals(n, 60);
  assertEquals((await world.objects("backup/refused")).size, 1);
  assertEquals((await world.objects()).size, 2);
  // Made again from landed bytes, the table has the rows of all three.
  const context = quietContext(world.environment);
  const differences = await rebuild({ job: "ads", publish: false, context });
  assertEquals(differences, []);
});

Deno.test("whatever is no whole answer is kept as it came and never loaded", async () => {
  await using world = await AdsWorld.make();
  const kinds = [
    ["html", /content type "text\/html"/],
    ["not_json", /expected one whole JSON array, but 1:1/],
    ["object", /expected one whole JSON array, but 1:1/],
    ["cut", /it was cut/],
    ["cut_chunked", /it was cut/],
    ["reset_midway", /it was cut/],
    ["gzip_cut", /gzip data, found its end: it was cut off/],
    ["unframed", /found neither: nothing proves/],
    ["cut_unframed", /found neither: nothing proves/],
  ] as const;
  for (const [kind, reason] of kinds) {
    world.api.behave([kind]);
    assertMatch(await world.expect(1), reason);
  }
  const refused = await world.objects("backup/refused");
  assertEquals(refused.size, kinds.length);
  assertEquals((await world.objects()).size, 0);
  assertEquals(await world.rows("select * from ads"), []);
  const reasons = await world.rows(
    "select reason from sluice_batches where state = 'set_aside' order by batch",
  );
  kinds.forEach(([, reason], index) =>
    assertMatch(reasons[index].reason as string, reason)
  );
  assertEquals(world.spooled(), []);
});

Deno.test("a warehouse that was made again loads what was good, and knows what was refused", async () => {
  await using world = await AdsWorld.make({
    behave: ["answer", "html", "answer"],
  });
  for (const exit of [0, 1, 0]) await world.expect(exit);
  const ads = "select ad_id, shown_at, batch from ads order by ad_id";
  const before = await world.rows(ads);
  const url = new URL(world.environment.settings.postgres_url!);
  const schema = `${url.searchParams.get("schema")}_again`;
  url.searchParams.set("schema", schema);
  try {
    const stderr = await world.expect(0, { env: { POSTGRES_URL: url.href } });
    assertMatch(stderr, /is new: re-created from 2 landed batches/);
    assertMatch(stderr, /is not asked: its answer of/);
    assertEquals(await rowsOf(url.href, ads), before);
    const states = await rowsOf(
      url.href,
      "select state, reason is null as is_good from sluice_batches order by 1",
    );
    assertEquals(states, [
      { state: "merged", is_good: true },
      { state: "merged", is_good: true },
      { state: "set_aside", is_good: false },
    ]);
  } finally {
    await rowsOf(url.href, `drop schema ${schema} cascade`);
  }
});

Deno.test("the same bytes again are landed and loaded once", async () => {
  await using world = await AdsWorld.make({ behave: ["answer", "again"] });
  await world.expect(0);
  assertMatch(await world.expect(0), /known already: .* as backup\//);
  assertEquals((await world.objects()).size, 1);
  const [{ n }] = await world.rows("select count(*) as n from ads");
  assertEquals(n, 20);
});

Deno.test("an empty answer is set aside, each time, unless it may be empty", async () => {
  await using world = await AdsWorld.make({
    behave: ["empty", "empty", "empty"],
  });
  assertMatch(await world.expect(1), /expected at least one line, found none/);
  assertMatch(await world.expect(1), /which is set aside, found the same/);
  await world.expect(0, { flags: ["--allow-empty"] });
  assertEquals((await world.objects()).size, 1);
});
