import { assert, assertEquals, assertRejects } from "@std/assert";
import { ahead } from "../../../scripts/lib/bytes/ahead.ts";

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("results come in the order of the items, some worked on at a time", async () => {
  let working = 0;
  let most = 0;
  const items = [5, 1, 4, 2, 3, 0];
  const results = await Array.fromAsync(ahead(items, 3, async (item) => {
    most = Math.max(most, ++working);
    await wait(item * 3);
    working--;
    return item * 10;
  }));
  assertEquals(results, items.map((item) => item * 10));
  assertEquals(most, 3);
  assertEquals(await Array.fromAsync(ahead([], 3, wait)), []);
});

Deno.test("a failure is thrown in its turn, and nothing goes on behind it", async () => {
  let ended = 0;
  const seen: number[] = [];
  await assertRejects(
    async () => {
      const results = ahead([1, 2, 3, 4, 5, 6], 3, async (item) => {
        await wait(item === 2 ? 1 : 5);
        ended++;
        if (item === 2) throw new Error("the second");
        return item;
      });
      for await (const item of results) seen.push(item);
    },
    Error,
    "the second",
  );
  assertEquals(seen, [1]);
  const before = ended;
  await wait(20);
  assertEquals(ended, before);
});

Deno.test("whoever stops reading leaves nothing running", async () => {
  let ended = 0;
  const items = Array.from({ length: 100 }, (_, index) => index);
  for await (
    const item of ahead(items, 4, async (item) => {
      await wait(2);
      ended++;
      return item;
    })
  ) if (item === 1) break;
  assert(ended < 10);
  const before = ended;
  await wait(20);
  assertEquals(ended, before);
});
