import { assert, assertEquals } from "@std/assert";
import { type Ad, sample } from "../../data/ads/sample.ts";

const SEED = 1;
const NAMES = ["answer_1.json", "answer_2.json", "answer_3.json"];

/** The texts that a seed makes. */
async function textsOf(seed: number): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    assertEquals(await sample(folder, seed), NAMES);
    return await Promise.all(
      NAMES.map((name) => Deno.readTextFile(`${folder}/${name}`)),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the ads sample is the same each time for the same seed", async () => {
  assertEquals(await textsOf(SEED), await textsOf(SEED));
});

Deno.test("the ads sample is another one for another seed", async () => {
  const other = await textsOf(SEED + 1);
  for (const [place, text] of (await textsOf(SEED)).entries()) {
    assert(text !== other[place]);
  }
});

Deno.test("the committed ads sample is what its generator makes", async () => {
  const made = await textsOf(SEED);
  for (const [place, name] of NAMES.entries()) {
    assertEquals(
      await Deno.readTextFile(`data/ads/${name}`),
      made[place],
      name,
    );
  }
});

Deno.test("the ads sample holds the traps that ads are known for", async () => {
  const answers = (await textsOf(SEED)).map((text) => JSON.parse(text) as Ad[]);
  const [first, second, third] = answers;
  assertEquals(first.length, 100);
  assertEquals(new Set(first.map(({ ad_id }) => ad_id)).size, 100);
  const idsOf = (ads: Ad[]) => ads.map(({ ad_id }) => ad_id);
  assert(idsOf(second).filter((id) => idsOf(first).includes(id)).length === 2);
  // One of the two says something else.
  const said = new Set(first.map((ad) => JSON.stringify(ad)));
  const again = second.filter(({ ad_id }) => idsOf(first).includes(ad_id));
  assertEquals(again.filter((ad) => said.has(JSON.stringify(ad))).length, 1);
  assert(new Set(idsOf(third)).size < third.length);

  const all = answers.flat();
  const shares = [
    all.filter(({ ad_campaign }) => ad_campaign === "__unknown"),
    all.filter(({ ad_scheme }) => ad_scheme),
  ].map((some) => some.length / all.length);
  assert(shares[0] > 0.35 && shares[0] < 0.65);
  assert(shares[1] > 0.03 && shares[1] < 0.25);
  assert(new Set(all.map(({ ad_group }) => ad_group)).size > 4);
  assert(all.some((ad) => "clicks" in ad));
  assert(all.some(({ shown_at }) => typeof shown_at === "string"));
});
