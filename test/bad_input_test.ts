/** Inputs that are too large or too odd to be committed as cases. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { givenFile, inbox } from "../scripts/lib/store/arrivals.ts";
import { openStore } from "../scripts/lib/store/open_store.ts";
import {
  DIALECTS,
  type Environment,
  makeEnvironment,
} from "./support/environment.ts";
import { type Outcome, runInProcess } from "./support/run_in_process.ts";

const POST =
  '{"Id":"1","PostTypeId":"1","CreationDate":"2017-02-28T16:54:32.700","Body":""}';
const VOTE =
  '{"Id":"1","PostId":"1","VoteTypeId":"2","CreationDate":"2017-02-28T00:00:00.000"}';

for (const dialect of DIALECTS) {
  const test = (
    name: string,
    body: (environment: Environment) => Promise<void>,
  ) =>
    Deno.test(`${name} (${dialect})`, async () => {
      await using environment = await makeEnvironment(dialect);
      await body(environment);
    });

  test("a missing file is named, and nothing is landed", async (environment) => {
    const { exit, stderr } = await give(environment, {
      posts: `${environment.folder}/nowhere.json`,
    });
    assertEquals(exit, 1);
    assertStringIncludes(
      stderr,
      'nowhere.json": expected a file, found nothing there',
    );
    assertEquals(await landed(environment), []);
  });

  test("a folder is no file", async (environment) => {
    const { exit, stderr } = await give(environment, {
      posts: environment.folder,
    });
    assertEquals(exit, 1);
    assertStringIncludes(stderr, "expected a file, found a folder");
  });

  test("a line of 50 MB is a post like any other", async (environment) => {
    const body = "x".repeat(50_000_000);
    const path = await write(environment, "posts.jsonl", [
      POST,
      POST.replace('"Id":"1"', '"Id":"2"').replace(
        '"Body":""',
        `"Body":"${body}"`,
      ),
      POST.replace('"Id":"1"', '"Id":"3"'),
    ]);
    const { exit, stderr } = await give(environment, { posts: path });
    assertEquals(exit, 0, stderr);
    assertEquals(
      await environment.rows(
        "select post_id, length(body) as n from posts order by post_id",
      ),
      [
        { post_id: 1, n: 0 },
        { post_id: 2, n: 50_000_000 },
        { post_id: 3, n: 0 },
      ],
    );
  });

  test("a line over 64 MiB is left behind, its neighbours are not", async (environment) => {
    const path = await write(environment, "posts.jsonl", [
      POST,
      POST.replace('"Body":""', `"Body":"${"x".repeat(70 << 20)}"`),
      POST.replace('"Id":"1"', '"Id":"3"'),
    ]);
    const { exit, stderr } = await give(environment, { posts: path });
    assertEquals(exit, 0, stderr);
    assertEquals(
      await environment.rows(
        "select line_number, body from sluice_rejected_lines",
      ),
      [{ line_number: 2, body: null }],
    );
    assertEquals(
      await environment.rows("select post_id from posts order by post_id"),
      [{ post_id: 1 }, { post_id: 3 }],
    );
  });

  test("brackets 100,000 deep in an array break nothing", async (environment) => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    const path = await write(environment, "votes.json", [
      `[${VOTE},`,
      `${deep},`,
      `${VOTE.replace('"Id":"1"', '"Id":"2"')}]`,
    ]);
    const { exit, stderr } = await give(environment, { votes: path });
    assertEquals(exit, 0, stderr);
    assertEquals(
      await environment.rows("select vote_id from votes order by vote_id"),
      [{ vote_id: 1 }, { vote_id: 2 }],
    );
  });

  test("SQL in a file name stays text", async (environment) => {
    const name = "votes'); drop table votes; --.jsonl";
    const path = await write(environment, name, [VOTE]);
    const { exit, stderr } = await give(environment, { votes: path });
    assertEquals(exit, 0, stderr);
    assertEquals(
      await environment.rows("select source, state from sluice_batches"),
      [{ source: name, state: "merged" }],
    );
    assertEquals((await environment.rows("select * from votes")).length, 1);
  });

  test("an inbox gives each file once, oldest first, and a growing one waits", async (environment) => {
    const folder = `${environment.folder}/inbox`;
    await Deno.mkdir(folder);
    const put = async (name: string, vote_type: number, age_s: number) => {
      const path = `${folder}/${name}`;
      await Deno.writeTextFile(
        path,
        VOTE.replace('"VoteTypeId":"2"', `"VoteTypeId":"${vote_type}"`),
      );
      const at = new Date(Date.now() - age_s * 1000);
      await Deno.utime(path, at, at);
    };
    await put("votes_b.jsonl", 2, 3600);
    await put("votes_a.jsonl", 3, 60);
    await put("votes_c.jsonl", 5, 1);
    const take = () =>
      runInProcess({
        job: "posts",
        feeds: {
          votes: { arrivals: inbox(`file:${folder}`, "votes") },
        },
        settings: environment.settings,
        options: { warehouse: dialect },
      });
    const first = await take();
    assertEquals(first.exit, 0, first.stderr);
    assertStringIncludes(first.stderr, "votes_c.jsonl waits");
    const type = "select vote_type_id from votes";
    // The file that was changed last is the later batch, whatever its name.
    assertEquals(await environment.rows(type), [{ vote_type_id: 3 }]);
    assertStringIncludes((await take()).stderr, "nothing new");
    await put("votes_b.jsonl", 5, 30);
    await take();
    assertEquals(await environment.rows(type), [{ vote_type_id: 5 }]);
  });

  test("a warehouse that was deleted is made again from the store", async (environment) => {
    const delivery = {
      posts: "data/posts/posts.json",
      votes: "data/posts/votes.json",
    };
    await give(environment, delivery);
    await give(environment, {
      posts: "data/posts/posts_2.jsonl",
      votes: "data/posts/votes_2.jsonl.gz",
    });
    const tables = ["posts", "post_tags", "votes", "votes_per_post_day"];
    const read = async (from: Environment) =>
      await Promise.all(
        tables.map(async (table) =>
          (await from.rows(`select * from ${table}`)).map((row) =>
            JSON.stringify({ ...row, inserted_at: 0, updated_at: 0 })
          ).sort()
        ),
      );
    const before = await read(environment);
    await using second = await makeEnvironment(dialect);
    const settings = {
      ...second.settings,
      store_url: environment.settings.store_url,
    };
    const { exit, stderr } = await give({ ...second, settings }, delivery);
    assertEquals(exit, 0, stderr);
    assertStringIncludes(stderr, "re-created from 4 landed batches");
    assert(before[2].length > 1000);
    assertEquals(await read(second), before);
  });
}

async function give(
  environment: Environment,
  files: Record<string, string>,
): Promise<Outcome> {
  return await runInProcess({
    job: "posts",
    feeds: Object.fromEntries(
      Object.entries(files).map((
        [feed, path],
      ) => [feed, { arrivals: givenFile(path) }]),
    ),
    settings: environment.settings,
    options: { warehouse: environment.dialect },
  });
}

async function write(
  environment: Environment,
  name: string,
  lines: string[],
): Promise<string> {
  const path = `${environment.folder}/${name}`;
  await Deno.writeTextFile(path, lines.join("\n") + "\n");
  return path;
}

async function landed(environment: Environment): Promise<string[]> {
  const keys: string[] = [];
  const store = openStore(environment.settings.store_url);
  for await (const key of store.list("posts")) keys.push(key);
  return keys;
}
