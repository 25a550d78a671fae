import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Arrival } from "../../../scripts/lib/store/arrivals.ts";
import {
  batchInstant,
  batchLabel,
  batchName,
  hasDigest,
} from "../../../scripts/lib/store/batch_name.ts";
import { openFileStore } from "../../../scripts/lib/store/file_store.ts";
import { land, type LandingPlace } from "../../../scripts/lib/store/land.ts";
import type { Namesake } from "../../../scripts/lib/store/namesakes.ts";
import { bytes, keys, sha256 } from "./store_contract.ts";

/** A place that remembers what it was given, as a ledger does. */
async function makePlace() {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  const store = openFileStore(folder);
  const set_aside = new Set<string>();
  const place: LandingPlace = {
    store,
    feed: "rides",
    batches: [],
    withDigest: () => Promise.reject(new Error("names have no other digests")),
    namesakes: async (label) => {
      const found: Namesake[] = [];
      for (const batch of place.batches) {
        if (batchLabel(batch) !== label) continue;
        const { sha256 } = (await store.head(`rides/${batch}`))!;
        found.push({ batch, sha256, is_set_aside: set_aside.has(batch) });
      }
      return found;
    },
    again: false,
  };
  return {
    place,
    set_aside,
    put: (
      text: string,
      options: Partial<LandingPlace> & { day?: string } = {},
    ) => land({ ...place, ...options }, arrival(text, options.day)),
    replaces: async (batch: string) =>
      (await store.head(`rides/${batch}`))?.replaces,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function arrival(text: string, label = "2021-04-03"): Arrival {
  return {
    source: "rides.csv",
    label,
    open: async function* () {
      yield await Promise.resolve(bytes(text));
    },
    confirm: () => Promise.resolve(),
    is_known_by_stat: false,
  };
}

Deno.test("a batch says at its end what the job calls it", async () => {
  await using made = await makePlace();
  const { batch } = await made.put("one");
  assertEquals(batchLabel(batch), "2021-04-03");
  assert(hasDigest(batch, sha256("one")) && !hasDigest(batch, sha256("two")));
  assertEquals(await keys(made.place.store, "rides"), [`rides/${batch}`]);
});

Deno.test("the same bytes under one name are landed once, under another one again", async () => {
  await using made = await makePlace();
  const first = await made.put("one");
  assertEquals(await made.put("one"), { batch: first.batch, is_new: false });
  const other = await made.put("one", { day: "2021-04-04" });
  assert(other.is_new);
  assertEquals(await made.replaces(other.batch), undefined);
});

Deno.test("other bytes under a name are refused, both digests are named", async () => {
  await using made = await makePlace();
  await made.put("one");
  const error = await assertRejects(() => made.put("two"), Error, "--replace");
  for (const text of ["one", "two"]) {
    assert(error.message.includes(sha256(text)), error.message);
  }
  assertEquals(made.place.batches.length, 1);
  assertEquals((await keys(made.place.store, "rides")).length, 1);
});

Deno.test("--replace lands other bytes, and notes which batch was the last", async () => {
  await using made = await makePlace();
  const first = await made.put("one");
  const second = await made.put("two", { replace: true });
  assertEquals(await made.replaces(second.batch), first.batch);
  assertEquals(await made.put("two"), { batch: second.batch, is_new: false });
  // What was replaced is no longer there: it can come back, if that is meant.
  await assertRejects(() => made.put("one"), Error, sha256("two"));
  const third = await made.put("one", { replace: true });
  assertEquals(await made.replaces(third.batch), second.batch);
});

Deno.test("what is set aside does not keep its name", async () => {
  await using made = await makePlace();
  const first = await made.put("broken");
  made.set_aside.add(first.batch);
  const second = await made.put("mended");
  assert(second.is_new);
  assertEquals((await made.put("mended")).is_new, false);
});

Deno.test("bytes that are set aside are known, as long as nothing came after them", async () => {
  await using made = await makePlace();
  const first = await made.put("one");
  const second = await made.put("broken", { replace: true });
  made.set_aside.add(second.batch);
  assertEquals(await made.put("broken"), {
    batch: second.batch,
    is_new: false,
  });
  assertEquals(await made.put("one"), { batch: first.batch, is_new: false });
  await assertRejects(() => made.put("two"), Error, sha256("one"));
});

Deno.test("--again lands the same bytes of a name again", async () => {
  await using made = await makePlace();
  const first = await made.put("one");
  const second = await made.put("one", { again: true });
  assert(second.is_new);
  assertEquals(await made.replaces(second.batch), first.batch);
});

Deno.test("a name is made of letters, digits, dots and hyphens", () => {
  const digest = "3f2a91bc4d5e" + "0".repeat(52);
  const at = Date.UTC(2021, 3, 3);
  const name = batchName(at, digest, "2021-04-03");
  assertEquals(name, "20210403T000000.000Z_3f2a91bc4d5e_2021-04-03");
  assertEquals(batchInstant(name), at);
  for (const label of ["", "a/b", "a_b", "..", "a b", "Köln", ".a"]) {
    assertThrows(() => batchName(at, digest, label), TypeError);
  }
  assertEquals(batchLabel("20210403T000000.000Z_3f2a91bc4d5e"), undefined);
});
