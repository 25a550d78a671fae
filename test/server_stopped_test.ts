/** PostgreSQL stopped at once, as if its machine had lost its power, in the middle of a statement of the ads jobs. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AdsOracle } from "./support/ads_oracle.ts";
import { AdsWorld } from "./support/ads_world.ts";
import { runVerify } from "./support/archive_world.ts";
import { makeCopyable } from "./support/copied_environment.ts";
import type { Environment } from "./support/environment.ts";
import {
  inTheMiddle,
  type Middle,
  removeMiddle,
} from "./support/middle_of_statement.ts";
import { OwnServer } from "./support/own_server.ts";
import type { Finished } from "./support/sluice_process.ts";

const RETENTION_MS = 30 * 24 * 3_600_000;

Deno.test("stopped in the middle of a copy of ads, nothing of it is there, and the next run has all of it", async () => {
  await using server = await OwnServer.start();
  const environment = await databaseOf(server);
  await using world = await AdsWorld.make({}, environment);
  const oracle = new AdsOracle(world);
  await world.expect(0);
  const copying: Middle = {
    table: "staging_backup",
    event: "insert",
    line_number: 11,
  };
  const stopped = await inTheMiddle(environment, copying, {
    start: () => world.start(),
    story: async () => {
      const [{ n }] = await server.rows(
        `select tuples_processed as n from pg_stat_progress_copy`,
      );
      assertEquals(Number(n), 10);
      await server.stopImmediately();
    },
  });
  assertEnded(stopped);
  const down = await world.expect(1);
  assertMatch(down, /error: Cannot connect to PostgreSQL/);
  assertMatch(down, /is not asked: its answer of/);

  await server.startAgain();
  const { live } = await oracle.assertSound("after the copy");
  assertEquals(live.size, 20);
  assertEquals(await world.rows("select 1 from staging_backup"), []);
  await removeMiddle(environment, copying);
  await world.expect(0);
  assertEquals(world.api.calls.length, 2);
  await oracle.assertAllThere("after the next run");
  await oracle.assertInOrder();
});

Deno.test("stopped in the middle of a delete of the archive, every row is where it was, and the next run moves it", async () => {
  await using server = await OwnServer.start();
  const environment = await databaseOf(server);
  await using world = await AdsWorld.make({}, environment);
  const oracle = new AdsOracle(world);
  await world.expect(0);
  // One day or two, each an object: the last row of the last one.
  const [{ last_line }] = await world.rows(
    `select line_number as last_line from ads
     order by cast(shown_at at time zone 'UTC' as date) desc, ad_id desc limit 1`,
  );
  const deleting: Middle = {
    table: "ads",
    event: "delete",
    line_number: Number(last_line),
  };
  const as_of = new Date(Date.now() + RETENTION_MS).toISOString();
  const archive = {
    script: "ads_archive" as const,
    flags: [`--as-of=${as_of}`],
  };
  const stopped = await inTheMiddle(environment, deleting, {
    start: () => world.start(archive),
    story: () => server.stopImmediately(),
  });
  assertEnded(stopped);
  const down = await world.expect(1, archive);
  assertMatch(down, /error: Cannot connect to PostgreSQL/);

  await server.startAgain();
  const { live, away } = await oracle.assertSound("after the delete");
  assert(live.size > 0);
  assertEquals(live.size + away.size, 20);
  assertEquals((await runVerify(environment)).exit, 0);
  await removeMiddle(environment, deleting);
  await world.expect(0, archive);
  assertEquals((await oracle.assertAllThere("moved")).away.size, 20);
  assertEquals((await runVerify(environment)).exit, 0);
  const flags = ["--from=2000-01-01"];
  await world.expect(0, { script: "ads_restore", flags });
  assertEquals((await oracle.assertAllThere("back again")).live.size, 20);
});

/** A database that goes with its server, which may be down when a test ends. */
async function databaseOf(server: OwnServer): Promise<Environment> {
  const environment = await makeCopyable("postgres", server);
  const { folder } = environment;
  return {
    ...environment,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** One error for people, no stack trace. */
function assertEnded({ exit, stderr }: Finished): void {
  assertEquals(exit, 1, stderr);
  assertMatch(stderr, /^error: Cannot (go on with|connect to) PostgreSQL/m);
  assert(!/^\s+at /m.test(stderr), stderr);
}
