import { assert, assertEquals } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { sample } from "../../data/posts/sample.ts";

const SEED = 1;
const COMMITTED = new URL("../../data/posts/", import.meta.url);

async function sampleTwice(seeds: [number, number]) {
  const folders = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    const names = await sample(folders[0], seeds[0]);
    await sample(folders[1], seeds[1]);
    const read = (folder: string) =>
      Promise.all(names.map((name) => Deno.readFile(`${folder}/${name}`)));
    return {
      names,
      first: await read(folders[0]),
      second: await read(folders[1]),
    };
  } finally {
    for (const folder of folders) {
      await Deno.remove(folder, { recursive: true });
    }
  }
}

function asText(bytes: Uint8Array): string {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return new TextDecoder().decode(isGzip ? gunzipSync(bytes) : bytes);
}

Deno.test("the posts sample is the same each time for the same seed", async () => {
  const { names, first, second } = await sampleTwice([SEED, SEED]);
  assertEquals(names, [
    "posts.json",
    "votes.json",
    "posts_2.jsonl",
    "votes_2.jsonl.gz",
  ]);
  assertEquals(first, second);
});

Deno.test("the posts sample is another one for another seed", async () => {
  const { first, second } = await sampleTwice([SEED, SEED + 1]);
  for (const [place, bytes] of first.entries()) {
    assert(asText(bytes) !== asText(second[place]));
  }
});

Deno.test("the committed posts sample is what its generator makes", async () => {
  const { names, first } = await sampleTwice([SEED, SEED]);
  for (const [place, name] of names.entries()) {
    const committed = await Deno.readFile(new URL(name, COMMITTED));
    // Compared unpacked: a compressor may pack the same text in another way.
    assert(asText(committed) === asText(first[place]), name);
  }
});

Deno.test("the gzipped sample carries no time and no operating system", async () => {
  const { names, first } = await sampleTwice([SEED, SEED]);
  const header = first[names.indexOf("votes_2.jsonl.gz")].subarray(0, 10);
  assertEquals([...header.subarray(4, 8), header[9]], [0, 0, 0, 0, 255]);
});

Deno.test("the posts sample holds the traps that posts are known for", async () => {
  const { first } = await sampleTwice([SEED, SEED]);
  const [posts, votes] = first.slice(0, 2).map((bytes) =>
    JSON.parse(asText(bytes)) as Record<string, string>[]
  );
  const copies = new Map<string, number>();
  for (const post of posts) {
    copies.set(post.Id, (copies.get(post.Id) ?? 0) + 1);
  }
  assertEquals(Math.max(...copies.values()), 40);

  const voted = new Set(votes.map((vote) => vote.PostId));
  const missing = [...voted].filter((id) => !copies.has(id)).length;
  assert(missing / voted.size > 0.05 && missing / voted.size < 0.2);

  const goBack = (rows: Record<string, string>[]) =>
    rows.some((row, place) =>
      place > 0 && row.CreationDate < rows[place - 1].CreationDate
    );
  assert(goBack(posts) && goBack(votes));
  assert(votes.every((vote) => vote.CreationDate.endsWith("T00:00:00.000")));
  assert(votes.some((vote) => vote.UserId === "-1"));
  assert(votes.some((vote) => vote.BountyAmount === "50"));
  assert(votes.some((vote) => vote.CreationDate.startsWith("2016-01-03")));
  assert(votes.some((vote) => vote.CreationDate.startsWith("2017-01-01")));
  assert(posts.some((post) => "ContentLIcense" in post));
  assert(posts.some((post) => "ContentLicense" in post));
  assert(posts.some((post) => post.LastEditorDisplayName === ""));
  for (const mark of ["\\n", '\\"', "\\\\", "🫖", "<clock.work>"]) {
    assert(asText(first[0]).includes(mark), mark);
  }
});
