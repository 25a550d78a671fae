/** A whole job on S3, as its users start it: with its permission set and nothing else. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { makeEnvironment } from "./support/environment.ts";
import { server } from "./support/s3_place.ts";
import { s3Test } from "./support/s3_server.ts";
import { runPosts } from "./support/sluice_process.ts";

const FILES = { posts: "posts.json", votes: "votes.json" };

s3Test(
  "posts comes out of a bucket and goes into another, once",
  async () => {
    await using environment = await makeEnvironment("sqlite");
    const inbox = await server.makeBucket();
    const store = await server.makeBucket();
    for (const name of Object.values(FILES)) {
      const text = await Deno.readTextFile(`data/posts/${name}`);
      await server.putBare(inbox, `left/here/${name}`, text);
    }
    const env = {
      ...server.environment(),
      POSTS_INBOX_URL: `s3://${inbox}/left/here`,
      POSTS_STORE_URL: `s3://${store}`,
    };
    // What was left a moment ago could still change within its second.
    await new Promise((wake) => setTimeout(wake, 2_100));
    const first = await runPosts(environment, { files: [], env });
    assertEquals(first.exit, 0, first.stderr);
    const keys = await server.keys(store);
    assertEquals(
      keys.map((key) => key.replace(/\d.*/, "")),
      [
        "posts/.probe",
        "posts/.probe_first",
        "posts/",
        "votes/.probe",
        "votes/.probe_first",
        "votes/",
      ],
    );
    const [{ count }] = await environment.rows(
      "select count(*) as count from posts",
    );
    assert(Number(count) > 10);
    const second = await runPosts(environment, { files: [], env });
    assertEquals(second.exit, 0, second.stderr);
    assertEquals(await server.keys(store), keys);
    for (const { stderr } of [first, second]) {
      assert(!stderr.includes(server.secret_key));
    }
  },
);

s3Test("posts fails when its store is gone, and inserts nothing", async () => {
  await using environment = await makeEnvironment("sqlite");
  const env = {
    ...server.environment(),
    POSTS_STORE_URL: "s3://no-such-bucket",
  };
  const files = Object.values(FILES).map((name) => `data/posts/${name}`);
  const { exit, stderr } = await runPosts(environment, { files, env });
  assertEquals(exit, 1, stderr);
  assertStringIncludes(stderr, "expected the bucket to be there");
  const [{ count }] = await environment.rows(
    "select count(*) as count from posts",
  );
  assertEquals(Number(count), 0);
});

s3Test("what .env says of S3 reaches the store", async () => {
  await using environment = await makeEnvironment("sqlite");
  const store = await server.makeBucket();
  const { AWS_ENDPOINT_URL_S3: _, ...keys } = server.environment();
  // One store for all pipelines: each has a folder there, named before the endpoint.
  const lines = Object.entries({ ...keys, STORE_URL: server.url(store) })
    .map(([name, value]) => `${name}="${value}"`);
  const project = environment.folder;
  await Deno.writeTextFile(`${project}/.env`, lines.join("\n"));
  for (const folder of ["sql", "migrations"]) {
    await Deno.symlink(`${Deno.cwd()}/${folder}`, `${project}/${folder}`);
  }
  const files = Object.values(FILES).map((name) => `data/posts/${name}`);
  const env = { POSTS_STORE_URL: "", STORE_URL: "" };
  const { exit, stderr } = await runPosts(environment, { files, env, project });
  assertEquals(exit, 0, stderr);
  assert((await server.keys(store, "posts/posts/2")).length === 1);
});
