/** A file, a disk or a server that does not do its part: said plainly, and mended by a rerun. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openWarehouse } from "../scripts/lib/warehouse/open_warehouse.ts";
import { type Environment, makeEnvironment } from "./support/environment.ts";
import {
  type Finished,
  type PostsRun,
  runPosts,
  startPosts,
} from "./support/sluice_process.ts";
import { assertSound, keptRows } from "./support/soundness.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const FIRST = ["data/posts/posts.json", "data/posts/votes.json"];
const SECOND = ["data/posts/posts_2.jsonl", "data/posts/votes_2.jsonl.gz"];
const CANARY = "c4n4ry-p4ssw0rd";

/** Root may write everywhere, unless it gives that up in a namespace of its own. */
const AS_ORDINARY_USER = Deno.uid() === 0
  ? ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
  : [];
const can_be_ordinary = !AS_ORDINARY_USER.length ||
  succeeds([...AS_ORDINARY_USER, "true"]);

Deno.test({
  name: "a SQLite file that may only be read is named" +
    (can_be_ordinary ? "" : " (skipped: root cannot become another user)"),
  ignore: !can_be_ordinary && !IS_FULL,
  fn: async () => {
    await using environment = await makeEnvironment("sqlite");
    await loads(environment, FIRST);
    const { sqlite_path } = environment.settings;
    await Deno.chmod(sqlite_path, 0o444);
    const refused = await runPosts(environment, {
      files: SECOND,
      through: AS_ORDINARY_USER,
    });
    assertIsPlain(refused, 1);
    assertStringIncludes(refused.stderr, sqlite_path);
    assertStringIncludes(refused.stderr, "readonly");

    await Deno.chmod(sqlite_path, 0o644);
    await recovers(environment, { files: SECOND });
  },
});

Deno.test("a run waits for another writer of the SQLite file", async () => {
  await using environment = await makeEnvironment("sqlite");
  await loads(environment, FIRST);
  // With something to load, and with nothing new.
  for (const files of [SECOND, SECOND]) {
    const writer = await openWarehouse("sqlite", environment.settings);
    await writer.begin();
    const run = startPosts(environment, { files });
    await run.said("land");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const waited = await Promise.race([run.finished, "it waits"]);
    await writer.rollback();
    await writer.close();
    const ended = await run.finished;
    assertEquals(ended.exit, 0, ended.stderr);
    assertEquals(waited, "it waits", ended.stderr);
  }
  await recovers(environment, { files: SECOND });
});

Deno.test("a file that is no SQLite database is left as it is", async () => {
  await using environment = await makeEnvironment("sqlite");
  const { sqlite_path } = environment.settings;
  const letter = "Dear Anna,\n".repeat(1000);
  await Deno.writeTextFile(sqlite_path, letter);
  const refused = await runPosts(environment, { files: FIRST });
  assertIsPlain(refused, 1);
  assertStringIncludes(refused.stderr, `Cannot open "${sqlite_path}"`);
  assertStringIncludes(refused.stderr, "file is not a database");
  assertEquals(await Deno.readTextFile(sqlite_path), letter);

  await Deno.remove(sqlite_path);
  await loads(environment, FIRST);
});

Deno.test("PostgreSQL that is down is named with its address", async () => {
  await using environment = await makeEnvironment("postgres");
  const url = new URL(environment.settings.postgres_url!);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  url.port = String(listener.addr.port);
  listener.close();
  url.password = CANARY;
  const refused = await runPosts(environment, {
    files: FIRST,
    env: { POSTGRES_URL: url.href },
  });
  assertIsPlain(refused, 1);
  assertStringIncludes(
    refused.stderr,
    `Cannot connect to PostgreSQL 127.0.0.1:${url.port}`,
  );
  assertStringIncludes(refused.stderr, "look at POSTGRES_URL");
  await hasNoCanary(environment);
  await loads(environment, FIRST);
});

Deno.test("a wrong password is said, and never shown", async () => {
  await using environment = await makeEnvironment("postgres");
  const url = new URL(environment.settings.postgres_url!);
  url.password = CANARY;
  const refused = await runPosts(environment, {
    files: FIRST,
    env: { POSTGRES_URL: url.href, DEBUG: "1" },
  });
  assertEquals(refused.exit, 1, refused.stderr);
  assertStringIncludes(refused.stderr, "password authentication failed");
  assert(!refused.stderr.includes(CANARY), refused.stderr);
  await hasNoCanary(environment);
  await loads(environment, FIRST);
});

Deno.test("a URL that cannot be read does not show its password", async () => {
  await using environment = await makeEnvironment("postgres");
  for (
    const url of [
      `postgres://sluice:${CANARY}@127.0.0.1:port/postgres`,
      `postgres://sluice:${CANARY}@extra@127.0.0.1:99999/postgres`,
      `postgres://sluice:p/${CANARY}#@127.0.0.1:99999/postgres`,
      `postgres//sluice:${CANARY}@127.0.0.1/postgres`,
    ]
  ) {
    const env = { POSTGRES_URL: url };
    const refused = await runPosts(environment, { files: FIRST, env });
    assertEquals(
      refused.exit === 1 || refused.exit === 64,
      true,
      refused.stderr,
    );
    assertIsPlain(refused, refused.exit);
  }
});

const SMALL_DISK = await Deno.makeTempDir({ prefix: "sluice_mount_" });
const can_mount = Deno.uid() === 0 &&
  succeeds(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", SMALL_DISK]) &&
  succeeds(["umount", SMALL_DISK]);
await Deno.remove(SMALL_DISK);

for (
  const [what, size] of [
    ["store", 200],
    ["warehouse", 900],
    ...IS_FULL ? [100, 300, 600, 800, 1050].map((k) => ["warehouse", k]) : [],
  ] as ["store" | "warehouse", number][]
) {
  Deno.test({
    name:
      `a disk of ${size} kB, full under the ${what}, keeps nothing half-made` +
      (can_mount ? "" : " (skipped: no disk can be mounted here)"),
    ignore: !can_mount && !IS_FULL,
    fn: async () => {
      await using environment = await makeEnvironment("sqlite");
      const disk = `${environment.folder}/disk`;
      await Deno.mkdir(disk);
      const mount = (options: string) =>
        assert(
          succeeds(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk]),
        );
      const { settings } = environment;
      if (what === "warehouse") settings.sqlite_path = `${disk}/warehouse.db`;
      else settings.store_url = `file:${disk}/store`;
      mount(`size=${size}k`);
      try {
        const refused = await runPosts(environment, { files: FIRST });
        assertIsPlain(refused, 1);
        assert(
          /full|No space left/.test(refused.stderr),
          `it does not say that the disk is full: ${refused.stderr}`,
        );
        mount("remount,size=64m");
        const next = await runPosts(environment, { files: FIRST });
        assertEquals(next.exit, 0, next.stderr);
        await using alone = await makeEnvironment("sqlite");
        await loads(alone, FIRST);
        assertEquals(await keptRows(environment), await keptRows(alone));
      } finally {
        succeeds(["umount", disk]);
      }
    },
  });
}

async function loads(environment: Environment, files: string[]): Promise<void> {
  const run = await runPosts(environment, { files });
  assertEquals(run.exit, 0, run.stderr);
  await assertSound(environment, files.join());
}

/** After the mend one more run makes all as if nothing had happened. */
async function recovers(
  environment: Environment,
  run: PostsRun,
): Promise<void> {
  await loads(environment, run.files);
  await using alone = await makeEnvironment(environment.dialect);
  await loads(alone, FIRST);
  await loads(alone, run.files);
  assertEquals(await keptRows(environment), await keptRows(alone));
}

/** One error that says what and where, for people. */
function assertIsPlain({ exit, stderr }: Finished, expected: number): void {
  assertEquals(exit, expected, stderr);
  assertEquals(stderr.match(/^error: Cannot /gm)?.length, 1, stderr);
  assert(!/^\s+at /m.test(stderr), `a stack trace: ${stderr}`);
  assert(!stderr.includes(CANARY), `a password: ${stderr}`);
}

async function hasNoCanary(environment: Environment): Promise<void> {
  const found = await new Deno.Command("grep", {
    args: ["-rlF", CANARY, environment.folder],
  }).output();
  assertEquals(new TextDecoder().decode(found.stdout), "");
}

function succeeds([program, ...args]: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}
