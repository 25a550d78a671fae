/** What others do to table and store while the archive runs: nothing is lost by it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openStore } from "../scripts/lib/store/open_store.ts";
import type { Warehouse } from "../scripts/lib/warehouse/warehouse.ts";
import {
  assertNothingLost,
  emptyAds,
  insertHostile,
  insertPlain,
  liveRows,
  type Rows,
  runArchive,
  runRestore,
} from "./support/archive_world.ts";
import type { Environment } from "./support/environment.ts";
import {
  type Place,
  PLACES,
  whileArchiveWaits,
} from "./support/held_archive.ts";
import { Random } from "./support/random.ts";
import { s3Test, sharedS3Server } from "./support/s3_server.ts";
import { seeds } from "./support/seeds.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const DAYS = ["2026-01-01", "2026-01-02"];
/** Changes that a row can suffer, each of which makes it another one. */
const CHANGES: ((ad_id: string) => [string, string[]])[] = [
  (
    ad_id,
  ) => ["update ads set ad_group = ad_group || 'x' where ad_id = $1", [ad_id]],
  // Nothing changes but the row's place and version.
  (ad_id) => ["update ads set ad_group = ad_group where ad_id = $1", [ad_id]],
  (
    ad_id,
  ) => ["update ads set shown_at = '2026-02-28T00:00:00Z' where ad_id = $1", [
    ad_id,
  ]],
  (ad_id) => ["delete from ads where ad_id = $1", [ad_id]],
  // The same values again, as another row.
  (ad_id) => [
    `with gone as (delete from ads where ad_id = $1 returning *)
     insert into ads select * from gone`,
    [ad_id],
  ],
];

for (const place of Object.keys(PLACES).slice(0, 3) as Place[]) {
  Deno.test(`rows that change when ${place} stay as they are now`, async () => {
    for (const seed of seeds({ few: 1, many: 10 })) {
      console.log(`SLUICE_SEED=${seed}`);
      const random = new Random(seed);
      await using environment = await emptyAds();
      await insertHostile(environment, { seed, days: DAYS, per_day: 20 });
      const before = await liveRows(environment);
      let expected: Rows = new Map();
      const run = await whileArchiveWaits(
        environment,
        { place },
        async (warehouse) => {
          await changeSome(warehouse, { random, ids: [...before.keys()] });
          await insertHostile(environment, {
            seed: seed + 1,
            days: ["2026-01-03"],
            per_day: 5,
          });
          expected = await liveRows(environment);
        },
      );
      assertEquals(run.exit, 0, run.stderr);
      assertMatch(run.stderr, /changed while the archive was written/);
      await assertNothingLost(environment, expected, `SLUICE_SEED=${seed}`);
      const live = await liveRows(environment);
      const touched = [...expected].filter(([ad_id, body]) =>
        before.get(ad_id) !== body
      );
      for (const [ad_id] of touched) {
        assert(live.has(ad_id), `${ad_id} is gone`);
      }

      const next = await runArchive(environment);
      assertEquals(next.exit, 0, next.stderr);
      await assertNothingLost(environment, expected, `SLUICE_SEED=${seed}`);
      assertEquals((await liveRows(environment)).size, notOld(expected));
      const restored = await runRestore(environment, { from: DAYS[0] });
      assertEquals(restored.exit, 0, restored.stderr);
      assertEquals(await liveRows(environment), expected);
    }
  });
}

function notOld(rows: Rows): number {
  return [...rows.values()].filter((body) =>
    JSON.parse(body).shown_at >= "2026-01-30"
  ).length;
}

async function changeSome(
  warehouse: Warehouse,
  { random, ids }: { random: Random; ids: string[] },
): Promise<void> {
  for (const [number, ad_id] of random.shuffled(ids).slice(0, 15).entries()) {
    // Each kind at least twice.
    await warehouse.execute(...CHANGES[number % CHANGES.length](ad_id));
  }
}

// It waits five seconds for the row.
if (IS_FULL) {
  Deno.test(
    "a row that another session changes without an end makes the run leave, and nothing is lost",
    async () => {
      await using environment = await emptyAds();
      await insertPlain(environment, {
        count: 5,
        from: "2026-01-01T00:00:00Z",
      });
      const expected = await liveRows(environment);
      const run = await whileArchiveWaits(
        environment,
        { place: "the lines were proven" },
        async (warehouse) => {
          await warehouse.begin();
          await warehouse.execute(
            "update ads set ad_group = 'held' where line_number = 3",
          );
        },
      );
      assertEquals(run.exit, 75, run.stderr);
      await assertNothingLost(environment, expected);
    },
  );
}

Deno.test("a second archive leaves at once and says who holds the lock", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 5, from: "2026-01-01T00:00:00Z" });
  const place = "the rows are deleted, not committed";
  const run = await whileArchiveWaits(environment, { place }, async () => {
    const second = await runArchive(environment);
    assertEquals(second.exit, 75, second.stderr);
    assertMatch(second.stderr, /found one since 20\d\d-/);
  });
  assertEquals(run.exit, 0, run.stderr);
});

const STORES = ["file:", "s3:"] as const;
const DAMAGES = ["delete", "cut", "flip", "replace", "unreadable"] as const;
const SAMPLES: Record<typeof STORES[number], Damage[]> = {
  "file:": ["flip", "replace", "unreadable"],
  "s3:": ["delete", "flip"],
};
type Damage = typeof DAMAGES[number];

for (const kind of STORES) {
  (kind === "s3:" ? s3Test : plainTest)(
    `nothing is deleted for an object that was damaged after it was put (${kind})`,
    () => damagesAreFound(kind),
  );
}

function plainTest(name: string, story: () => Promise<void>): void {
  Deno.test(name, story);
}

async function damagesAreFound(kind: typeof STORES[number]): Promise<void> {
  // A store that answers with an error is asked again for some seconds.
  const sample = IS_FULL ? DAMAGES : SAMPLES[kind];
  for (const damage of sample) {
    await using environment = await emptyAds();
    const place = await makePlace(environment, kind);
    await insertPlain(environment, {
      count: 9,
      from: "2026-01-01T12:00:00Z",
      seconds: 28_800,
    });
    const expected = await liveRows(environment);
    let hurt = "";
    const run = await whileArchiveWaits(
      environment,
      { place: "a line was read back", env: place.env },
      async () => {
        // The one before it is read while the first is worked on; one comes after.
        [hurt] = await place.keys("archive/shown_date=2026-01-03");
        await place.damage(hurt, damage);
      },
    );
    const note = `${kind} ${damage}: ${run.stderr}`;
    assertEquals(run.exit, 1, note);
    assert(run.stderr.includes(hurt), note);
    assertMatch(
      run.stderr,
      /expected .*, found\b.*nothing was deleted for it/s,
      note,
    );
    await assertNothingLost(environment, expected, note);
    const live = await environment.rows(
      "select line_number::int as n from ads order by 1",
    );
    assertEquals(live.map(({ n }) => n), [5, 6, 7], note);

    // As the error says: what is damaged is moved away.
    if (damage !== "delete") await place.remove(hurt);
    const next = await runArchive(environment);
    assertEquals(next.exit, 0, next.stderr);
    await assertNothingLost(environment, expected, note);
    assertEquals((await liveRows(environment)).size, 0, note);
  }
}

/** A store of this kind, and ways to get at its bytes behind its back. */
async function makePlace(
  environment: Environment,
  kind: typeof STORES[number],
) {
  if (kind === "file:") {
    const root = `${environment.folder}/store`;
    const path = (key: string) => `${root}/${key}`;
    return {
      env: {},
      keys: (folder: string) =>
        Array.fromAsync(openStore(`file:${root}`).list(folder)),
      damage: (key: string, how: Damage) => damageFile(path(key), how),
      remove: (key: string) => Deno.remove(path(key), { recursive: true }),
    };
  }
  const server = await sharedS3Server();
  const bucket = await server.makeBucket();
  environment.settings.store_url = server.url(bucket);
  return {
    env: server.environment(),
    keys: (folder: string) => server.keys(bucket, folder),
    damage: (key: string, how: Damage) => server.damage(bucket, key, how),
    remove: (key: string) => Deno.remove(server.path(bucket, key)),
  };
}

async function damageFile(path: string, how: Damage): Promise<void> {
  const bytes = await Deno.readFile(path);
  if (how === "delete" || how === "unreadable") await Deno.remove(path);
  // Root may read whatever a mode forbids.
  if (how === "unreadable") await Deno.symlink(path, path);
  if (how === "cut") await Deno.truncate(path, bytes.length >> 1);
  if (how === "flip") {
    bytes[bytes.length >> 1] ^= 1;
    await Deno.writeFile(path, bytes);
  }
  if (how === "replace") {
    await Deno.writeFile(path, bytes.map((byte) => byte ^ 0xff));
  }
}
