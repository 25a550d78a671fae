/** Objects that nobody can look at: alone they stop no other, all of them end the run soon. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { drill } from "../scripts/lib/run/drill.ts";
import {
  assertNothingLost,
  emptyAds,
  insertPlain,
  liveRows,
  runArchive,
  runRestore,
  runVerify,
} from "./support/archive_world.ts";
import type { Environment } from "./support/environment.ts";
import { s3Test, sharedS3Server } from "./support/s3_server.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";

/** A row for each day, and so an object, which is in the store already. */
async function archivedBefore(count: number, store_url?: string) {
  const environment = await emptyAds();
  environment.settings.store_url = store_url ?? environment.settings.store_url;
  await insertPlain(environment, {
    count,
    from: "2026-01-01T12:00:00Z",
    seconds: 86_400,
  });
  const expected = await liveRows(environment);
  assertEquals((await runArchive(environment)).exit, 0);
  const rows = await environment.rows(
    "select distinct object from sluice_receipts order by object",
  );
  const keys = rows.map(({ object }) => object as string);
  return { environment, expected, keys };
}

/** The rows are in the table again, and the objects still there. */
async function bringBack(environment: Environment): Promise<void> {
  const back = await runRestore(environment, { from: "2026-01-01" });
  assertEquals(back.exit, 0, back.stderr);
}

/** Root may read whatever a mode forbids. */
async function hideFile(path: string): Promise<void> {
  await Deno.remove(path);
  await Deno.symlink(path, path);
}

/** One of four cannot be looked at before it is put. */
async function stopsNoOther(
  { environment, expected, keys }: Awaited<ReturnType<typeof archivedBefore>>,
  { hide, remove }: {
    hide: (key: string) => Promise<void>;
    remove: (key: string) => Promise<void>;
  },
): Promise<void> {
  await bringBack(environment);
  await hide(keys[1]);
  const run = await runArchive(environment);
  assertEquals(run.exit, 1, run.stderr);
  assertMatch(run.stderr, /nothing was deleted for it/);
  assert(run.stderr.includes(keys[1]), run.stderr);
  assertEquals((await liveRows(environment)).size, 1, run.stderr);
  await remove(keys[1]);
  assertEquals((await runArchive(environment)).exit, 0);
  await assertNothingLost(environment, expected);
}

Deno.test("an object that cannot be looked at before it is put stops no other (file:)", async () => {
  const world = await archivedBefore(4);
  await using environment = world.environment;
  const path = (key: string) => `${environment.folder}/store/${key}`;
  await stopsNoOther(world, {
    hide: (key) => hideFile(path(key)),
    remove: (key) => Deno.remove(path(key)),
  });
});

// A server that answers with an error is asked again for some seconds.
if (IS_FULL) {
  s3Test(
    "an object that cannot be looked at before it is put stops no other (s3:)",
    async () => {
      const server = await sharedS3Server();
      const bucket = await server.makeBucket();
      const world = await archivedBefore(4, server.url(bucket));
      await using _environment = world.environment;
      await stopsNoOther(world, {
        hide: (key) => server.damage(bucket, key, "unreadable"),
        remove: (key) => Deno.remove(server.path(bucket, key)),
      });
    },
  );
}

Deno.test("two in a row that cannot be looked at end the archive", async () => {
  const { environment: made, expected, keys } = await archivedBefore(5);
  await using environment = made;
  await bringBack(environment);
  for (const key of keys) await hideFile(`${environment.folder}/store/${key}`);
  const run = await runArchive(environment);
  assertEquals(run.exit, 1, run.stderr);
  assertMatch(run.stderr, /nothing was deleted for these 2 objects/);
  assertEquals(await liveRows(environment), expected);
});

Deno.test("--verify and a drill end soon when the store is away, and accuse no object", async () => {
  await using environment = (await archivedBefore(5)).environment;
  // As when a network folder is gone.
  const archive = `${environment.folder}/store/archive`;
  await Deno.rename(archive, `${archive}_away`);
  await Deno.symlink(archive, archive);
  for (
    const run of [
      await runVerify(environment),
      await runRestore(environment, {}, drill),
    ]
  ) {
    assertEquals(run.exit, 1, run.stderr);
    assertMatch(run.stderr, /error: Cannot rely on .*expected to read it from/);
    const objects = new Set(run.stderr.match(/shown_date=[\d-]+/g));
    assert(objects.size <= 2, run.stderr);
  }
});
