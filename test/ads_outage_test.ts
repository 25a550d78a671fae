/** What the API gives is kept while the store, the warehouse or both are away. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { AdsWorld } from "./support/ads_world.ts";
import { S3Server, s3Test } from "./support/s3_server.ts";
import { diskTest, mountDisk } from "./support/small_disk.ts";

Deno.test("three runs without a store lose nothing: the next one has all of it", async () => {
  await using world = await AdsWorld.make();
  await world.expect(0);
  const store = `${world.environment.folder}/store`;
  await Deno.rename(store, `${store}_away`);
  await Deno.writeTextFile(store, "a file in its place");
  for (const count of [1, 2, 3]) {
    await world.ageSpool(60);
    const stderr = await world.expect(1);
    const waiting = count === 1 ? "1 answer waits" : `${count} answers wait`;
    assertStringIncludes(stderr, `${waiting} in the spool `);
    assertEquals(world.spooled().length, count);
    assertEquals((await world.rows("select 1 from ads")).length, 20);
  }
  assertEquals(world.api.calls.length, 4);
  await Deno.remove(store);
  await Deno.rename(`${store}_away`, store);
  await world.ageSpool(60);

  const stderr = await world.expect(0);
  assertMatch(stderr, /the SQL folder runs: 4 batches are new/);
  assertEquals(world.api.calls.length, 5);
  await world.assertAllThere();
  // In the order in which they came.
  assertEquals(
    [...(await world.objects()).values()],
    world.api.calls.map(({ number }) => world.api.textOf(number)),
  );
});

Deno.test("a retry soon after does not ask again while the store is away", async () => {
  await using world = await AdsWorld.make();
  const store = `${world.environment.folder}/store`;
  await Deno.writeTextFile(store, "a file in its place");
  await world.expect(1);
  assertMatch(await world.expect(1), /is not asked: its answer of .* waits/);
  assertEquals([world.api.calls.length, world.spooled().length], [1, 1]);
  await Deno.remove(store);
  await world.expect(0);
  assertEquals(world.api.calls.length, 1);
  await world.assertAllThere();
});

s3Test("three runs without the S3 server lose nothing", async () => {
  await using world = await AdsWorld.make();
  const server = await S3Server.start();
  try {
    await server.makeBucket("ad-data");
    world.environment.settings.store_url = "s3://ad-data";
    const env = server.environment();
    await world.expect(0, { env });
    await server.stop();
    for (const _ of [1, 2, 3]) {
      await world.ageSpool(60);
      await world.expect(1, { env });
    }
    assertEquals(world.spooled().length, 3);
    await server.startAgain();
    await world.ageSpool(60);
    await world.expect(0, { env });
    assertEquals(world.api.calls.length, 5);
    const keys = await server.keys("ad-data", "backup/2");
    const texts = keys.map((key) =>
      Deno.readTextFileSync(server.path("ad-data", key))
    );
    assertEquals(
      texts,
      [1, 2, 3, 4, 5].map((number) => world.api.textOf(number)),
    );
    assertEquals((await world.rows("select 1 from ads")).length, 100);
  } finally {
    await server.stop();
  }
});

Deno.test("without PostgreSQL the answer is fetched and landed; the next run loads it", async () => {
  await using world = await AdsWorld.make();
  const env = { POSTGRES_URL: "postgres://anna@127.0.0.1:1/nowhere" };
  const stderr = await world.expect(1, { env });
  assertMatch(stderr, /error: Cannot connect to PostgreSQL 127\.0\.0\.1:1/);
  assertMatch(stderr, /backup\/\S+ is landed: the next run loads it/);
  assertEquals([world.api.calls.length, world.spooled().length], [1, 0]);
  // A retry at once asks for nothing; an hour later it is another matter.
  assertMatch(await world.expect(1, { env }), /is not asked: its answer of/);
  assertEquals(world.api.calls.length, 1);
  await world.ageLanded(60);
  await world.expect(1, { env });
  assertEquals(world.api.calls.length, 2);
  await world.expect(0);
  assertEquals(world.api.calls.length, 2);
  await world.assertAllThere();
});

Deno.test("a refused answer waits in the spool for a ledger that can record it", async () => {
  await using world = await AdsWorld.make({ behave: ["html", "html"] });
  const env = { POSTGRES_URL: "postgres://anna@127.0.0.1:1/nowhere" };
  const stderr = await world.expect(1, { env });
  assertStringIncludes(stderr, "Cannot take the answer of ");
  assertEquals(world.spooled().length, 1);
  const { size } = await world.objects("backup/refused");
  assertEquals(size, 1);

  world.api.behave(["answer"]);
  assertMatch(await world.expect(1), /Cannot take the answer of /);
  assertEquals(world.spooled(), []);
  assertEquals((await world.objects("backup/refused")).size, 1);
  const states = await world.rows(
    "select state from sluice_batches order by state",
  );
  assertEquals(states, [{ state: "merged" }, { state: "set_aside" }]);
});

Deno.test("without store and PostgreSQL the answer waits in the spool", async () => {
  await using world = await AdsWorld.make();
  const store = `${world.environment.folder}/store`;
  await Deno.writeTextFile(store, "a file in its place");
  const env = { POSTGRES_URL: "postgres://anna@127.0.0.1:1/nowhere" };
  const stderr = await world.expect(1, { env });
  assertMatch(stderr, /Cannot connect to PostgreSQL/);
  assertStringIncludes(stderr, "1 answer waits in the spool");
  await Deno.remove(store);
  await world.expect(0);
  assertEquals(world.api.calls.length, 1);
  await world.assertAllThere();
});

Deno.test("a spool that cannot be used is known before the API is asked", async () => {
  await using world = await AdsWorld.make();
  await Deno.writeTextFile(`${world.environment.folder}/spool`, "a file");
  const stderr = await world.expect(1);
  assertMatch(stderr, /error: Cannot read the spool ".*": Not a directory/);
  assertEquals(world.api.calls.length, 0);
});

/** So many kB are free on the disk of the spool. */
async function mountSpool(world: AdsWorld, room: number) {
  const folder = `${world.environment.folder}/spool`;
  const disk = await mountDisk(folder, `${room + 4}k`);
  await Deno.writeFile(`${folder}/others`, new Uint8Array(4096));
  return disk;
}

// No head; a head and nothing more; a part of the answer; all of it but the end.
for (const room of [0, 4, 32, 64]) {
  diskTest(
    `a spool with room for ${room} kB loses no answer that the store can take`,
    async () => {
      await using world = await AdsWorld.make({ ads_per_answer: 600 });
      await world.expect(0);
      using disk = await mountSpool(world, room);
      const stderr = await world.expect(0);
      const { length } = world.api.textOf(2);
      assert(length > 60 * 1024, `the answer has ${length} bytes only`);
      assertMatch(
        stderr,
        /warning: Cannot write to the spool ".*No space left.*: the answer goes straight into the store/,
      );
      await world.assertAllThere();
      disk.resize("1m");
      await world.expect(0);
      await world.assertAllThere();
    },
  );
}

diskTest(
  "a full spool without a store says what is lost, and goes on when there is room",
  async () => {
    await using world = await AdsWorld.make({ ads_per_answer: 600 });
    const store = `${world.environment.folder}/store`;
    await Deno.writeTextFile(store, "a file in its place");
    using disk = await mountSpool(world, 32);
    const stderr = await world.expect(1);
    assertMatch(
      stderr,
      /Cannot keep the answer of \S+: expected .* to take its \d+ bytes, found that neither does/,
    );
    await Deno.remove(store);
    disk.resize("1m");
    // What the disk took is evidence: it is kept, and not loaded.
    assertMatch(await world.expect(1), /Cannot take the answer of .*cut by a/);
    assertEquals((await world.objects()).size, 1);
    assertEquals((await world.objects("backup/refused")).size, 1);
    assertEquals((await world.rows("select 1 from ads")).length, 600);
  },
);

diskTest(
  "without room for a head and without a store the API is not asked",
  async () => {
    await using world = await AdsWorld.make();
    const store = `${world.environment.folder}/store`;
    await Deno.writeTextFile(store, "a file in its place");
    using _disk = await mountSpool(world, 0);
    assertMatch(
      await world.expect(1),
      /Cannot write to the spool .* was not asked/,
    );
    assertEquals(world.api.calls.length, 0);
    await Deno.remove(store);
    await world.expect(0);
    await world.assertAllThere();
  },
);
