/** The archive and the way back, in a process of the test's own. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { drill } from "../scripts/lib/run/drill.ts";
import {
  assertNothingLost,
  cells,
  emptyAds,
  insertHostile,
  insertPlain,
  liveRows,
  runArchive,
  runRestore,
  runVerify,
} from "./support/archive_world.ts";
import type { Environment } from "./support/environment.ts";
import { seeds } from "./support/seeds.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const DAYS = ["2026-01-01", "2026-01-02", "2026-01-31", "2026-02-15"];
const OLD = DAYS.slice(0, 2);

Deno.test("after archive and restore the table is equal, cell by cell", async () => {
  for (const seed of seeds({ few: 1, many: 20 })) {
    console.log(`SLUICE_SEED=${seed}`);
    await using environment = await emptyAds();
    await insertHostile(environment, { seed, days: DAYS, per_day: 60 });
    const before = await cells(environment);
    const expected = await liveRows(environment);

    const archived = await runArchive(environment);
    assertEquals(archived.exit, 0, archived.stderr);
    await assertNothingLost(environment, expected);
    const left = await cells(environment);
    assertEquals(
      left,
      before.filter(({ shown_at }) => !OLD.includes(day(shown_at))),
    );
    assertEquals((await runVerify(environment)).exit, 0);
    const tried = await runRestore(environment, {}, drill);
    assertEquals(tried.exit, 0, tried.stderr);
    assertEquals(await cells(environment), left);

    for (const _ of ["once", "and again"]) {
      const restored = await runRestore(environment, { from: DAYS[0] });
      assertEquals(restored.exit, 0, restored.stderr);
      assertEquals(await cells(environment), before);
      assertEquals(await environment.rows("table archived_ads"), []);
    }
  }
});

function day(shown_at: unknown): string {
  return String(shown_at).slice(0, 10);
}

Deno.test("a large day goes in several objects, and comes back by one of them", async () => {
  await using environment = await emptyAds();
  // 16 MiB are about 70,000 of these.
  const count = IS_FULL ? 100_000 : 75_000;
  await insertPlain(environment, {
    count,
    from: "2026-01-01T00:00:00Z",
    seconds: 0.5,
  });
  const archived = await runArchive(environment);
  assertEquals(archived.exit, 0, archived.stderr);
  const { objects, deleted } = archived.result as Record<string, number>;
  assertEquals([objects, deleted], [2, count]);
  const receipts = await environment.rows(
    `select object, line_count::int, moved_count::int, plain_bytes::int
     from sluice_receipts order by line_count desc`,
  );
  assert(
    receipts.every(({ object }) =>
      /^archive\/shown_date=2026-01-01\/[0-9a-f]{32}\.jsonl\.gz$/.test(
        object as string,
      )
    ),
  );
  const [{ object, line_count, plain_bytes }] = receipts;
  assert(Math.abs(Number(plain_bytes) - 16 * 1024 ** 2) < 100_000);
  const restored = await runRestore(environment, { object: object as string });
  assertEquals(restored.exit, 0, restored.stderr);
  const [{ n }] = await environment.rows("select count(*)::int as n from ads");
  assertEquals(n, line_count);
});

Deno.test("a dry run says what would go, and leaves no trace", async () => {
  await using environment = await emptyAds();
  await insertHostile(environment, { seed: 1, days: DAYS, per_day: 5 });
  const before = await everything(environment);
  const run = await runArchive(environment, { is_dry_run: true });
  assertEquals(run.exit, 0, run.stderr);
  const result = run.result as { rows: number; folders: unknown[] };
  assertEquals([result.rows, result.folders.length], [10, 2]);
  assertMatch(run.stderr, /shown_date=2026-01-02/);
  assertEquals(await everything(environment), before);
  assertEquals(await isThere(`${environment.folder}/store`), false);
});

/** All rows of all tables, and how often each table was written. */
async function everything(environment: Environment) {
  const tables = await environment.rows(
    `select relname as name from pg_class
     where relnamespace = current_schema()::regnamespace and relkind = 'r'
     order by relname`,
  );
  const rows: [unknown, unknown][] = [];
  for (const { name } of tables) {
    rows.push([name, await environment.rows(`table ${name}`)]);
  }
  return rows;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("a limit takes the oldest first, chunk by chunk", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 10, from: "2026-01-01T00:00:00Z" });
  const expected = await liveRows(environment);
  const left: unknown[] = [];
  for (let run = 0; run < 4; run++) {
    const { exit, stderr } = await runArchive(environment, { row_limit: 4 });
    assertEquals(exit, 0, stderr);
    await assertNothingLost(environment, expected);
    const rows = await environment.rows(
      "select line_number::int as n from ads order by 1",
    );
    left.push(rows.map(({ n }) => n).join());
  }
  assertEquals(left, ["4,5,6,7,8,9", "8,9", "", ""]);
});

Deno.test("the settings say what is old, unless --older-than does", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, {
    count: 60,
    from: "2026-01-01T00:00:00Z",
    seconds: 86_400,
  });
  const count = async () =>
    (await environment.rows("select count(*)::int as n from ads"))[0].n;
  await runArchive(environment, { older_than_days: 50 });
  // Day 10 begins exactly 50 days before: it is not older.
  assertEquals(await count(), 51);
  await runArchive(environment);
  assertEquals(await count(), 31);
  await environment.rows(
    "update ads_settings set retention_days = 10 returning 1",
  );
  await runArchive(environment);
  assertEquals(await count(), 11);
  await runArchive(environment, { as_of: "2026-03-02T00:00:00Z" });
  assertEquals(await count(), 10);
});

for (
  const [damage, how] of Object.entries({
    missing: (path: string) => Deno.remove(path),
    cut: (path: string) => Deno.truncate(path, 100),
    flipped: (path: string) => change(path, (bytes) => bytes[90] ^= 4),
    replaced: (path: string) => Deno.writeTextFile(path, "something else"),
    unreadable: async (path: string) => {
      await Deno.remove(path);
      await Deno.mkdir(path);
    },
  })
) {
  Deno.test(`--verify, a drill and a restore find an object that is ${damage}`, async () => {
    await using environment = await emptyAds();
    await insertPlain(environment, {
      count: 30,
      from: "2026-01-01T00:00:00Z",
      seconds: 7200,
    });
    assertEquals((await runArchive(environment)).exit, 0);
    const [{ object }, ...others] = await environment.rows(
      "select object from sluice_receipts order by object",
    ) as { object: string }[];
    await how(`${environment.folder}/store/${object}`);

    const verified = await runVerify(environment);
    assertEquals(verified.exit, 1, verified.stderr);
    assert(verified.stderr.includes(object));
    assertMatch(verified.stderr, /expected .*found/);
    for (const { object: other } of others) {
      assert(verified.stderr.includes(`verified ${other}`), verified.stderr);
    }
    const tried = await runRestore(environment, {}, drill);
    assertEquals(tried.exit, 1, tried.stderr);
    assert(tried.stderr.includes(object));
    const restored = await runRestore(environment, { object });
    assertEquals(restored.exit, 1, restored.stderr);
    assertEquals(await environment.rows("table ads"), []);
    const schemas = await environment.rows(
      "select nspname from pg_namespace where nspname like current_schema() || '_sluice%'",
    );
    assertEquals(schemas, []);
  });
}

async function change(
  path: string,
  what: (bytes: Uint8Array) => void,
): Promise<void> {
  const bytes = await Deno.readFile(path);
  what(bytes);
  await Deno.writeFile(path, bytes);
}

Deno.test("an object that was replaced with all the store knows of it is found", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 3, from: "2026-01-01T00:00:00Z" });
  const expected = await liveRows(environment);
  await runArchive(environment);
  const [{ object }] = await environment.rows(
    "select object from sluice_receipts",
  ) as { object: string }[];
  const path = `${environment.folder}/store/${object}`;
  const lines = gunzipSync(await Deno.readFile(path)).toString();

  const changed = lines.replace("brand", "brant");
  for (const text of [changed, lines + lines, lines.slice(0, -1), ""]) {
    await replace(path, gzipSync(text));
    for (
      const run of [
        runVerify(environment),
        runRestore(environment, { object }),
        runRestore(environment, {}, drill),
      ]
    ) {
      const { exit, stderr } = await run;
      assertEquals(exit, 1, `${text}: ${stderr}`);
    }
    await assertNothingListedIsLive(environment);
  }
  // Packed anew the lines are right, but the archive is not what it was.
  await replace(path, gzipSync(lines, { level: 9 }));
  assertEquals((await runVerify(environment)).exit, 1);
  assertEquals((await runRestore(environment, {}, drill)).exit, 1);
  assertEquals((await runRestore(environment, { object })).exit, 0);
  assertEquals(await liveRows(environment), expected);
});

async function assertNothingListedIsLive(environment: Environment) {
  assertEquals(await environment.rows("table ads"), []);
  assertEquals((await environment.rows("table archived_ads")).length, 3);
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.writeFile(path, bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const note = path.replace(/\/([^/]+)$/, "/.notes/$1");
  await Deno.writeTextFile(note, JSON.stringify({ sha256 }) + "\n");
}

Deno.test("a drill counts what comes back against the receipts", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 3, from: "2026-01-01T00:00:00Z" });
  await runArchive(environment);
  await environment.rows(
    "delete from archived_ads where ad_id = (select min(ad_id) from archived_ads) returning 1",
  );
  const tried = await runRestore(environment, {}, drill);
  assertEquals(tried.exit, 1, tried.stderr);
  assertMatch(tried.stderr, /expected 3 rows, found: 2/);
});

Deno.test("what was never archived cannot be restored, and the error says what can", async () => {
  await using environment = await emptyAds();
  await insertPlain(environment, { count: 3, from: "2026-01-01T00:00:00Z" });
  await runArchive(environment);
  const restored = await runRestore(environment, {
    from: "2026-01-09",
    to: "2026-01-09",
  });
  assertEquals(restored.exit, 1);
  assertMatch(
    restored.stderr,
    /2026-01-09.*expected.*from 2026-01-01 to 2026-01-01/,
  );
});
