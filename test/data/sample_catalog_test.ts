import { assert, assertEquals } from "@std/assert";
import { sample } from "../../data/catalog/sample.ts";

const SEED = 1;
const COMMITTED = new URL("../../data/catalog/", import.meta.url);

async function sampled(seed: number): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  try {
    const names = await sample(folder, seed);
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [
        name,
        await Deno.readTextFile(`${folder}/${name}`),
      ])),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the committed catalog sample is what its generator makes", async () => {
  const files = await sampled(SEED);
  assertEquals(
    Object.keys(files),
    [1, 2, 3].map((day) => `product_catalog_2021040${day}.csv`),
  );
  assertEquals(files, await sampled(SEED));
  for (const [name, text] of Object.entries(files)) {
    assertEquals(text, await Deno.readTextFile(new URL(name, COMMITTED)));
  }
});

Deno.test("the catalog sample is another one for another seed", async () => {
  const [one, other] = [await sampled(SEED), await sampled(SEED + 1)];
  for (const [name, text] of Object.entries(one)) assert(text !== other[name]);
});

Deno.test("the catalog sample holds the traps that catalogs are known for", async () => {
  const texts = Object.values(await sampled(SEED));
  const [first, second, third] = texts;
  for (const text of texts) {
    assert(text.startsWith(
      "brand,category_id,comment,currency,description,image,year_release\n",
    ));
    // A row twice, a value of two lines, quotes in quotes, and no image.
    const rows = text.split("\n").slice(1).filter(Boolean);
    assert(new Set(rows).size < rows.length);
    assert(/"Two lines:\nthis/.test(text) && text.includes('""keep dry""'));
    assert(
      /^Samsung,.*,,2000$/m.test(text) && /^Samsung,.*,,2001$/m.test(text),
    );
    assert(text.includes("data:image/png;base64,"));
  }
  assert(/^SAMSUNG,/m.test(first) && /^samsung ,/m.test(second));
  assert(!second.endsWith("\n") && /,20x9$/.test(second));
  assert(third.endsWith("\nSony,7,,EUR\n"));
  // Most products are there the next day, too.
  const next = new Set(second.split("\n"));
  const stayed = first.split("\n").filter((row) => next.has(row)).length;
  assert(stayed > 20);
});
