import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Arrival } from "../../../scripts/lib/store/arrivals.ts";
import {
  batchInstant,
  batchName,
  instantName,
} from "../../../scripts/lib/store/batch_name.ts";
import { openFileStore } from "../../../scripts/lib/store/file_store.ts";
import { land, type LandingPlace } from "../../../scripts/lib/store/land.ts";
import { bytes, keys, sha256, textOf } from "./store_contract.ts";

async function makePlace() {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  const place: LandingPlace = {
    store: openFileStore(folder),
    feed: "rides",
    batches: [],
    withDigest: () => Promise.resolve(undefined),
    again: false,
  };
  return {
    place,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function arrival(text: string, confirm = () => Promise.resolve()): Arrival {
  return {
    source: "rides.jsonl",
    source_bytes: text.length,
    source_modified_at: "2026-01-05T06:00:00.000Z",
    open: async function* () {
      yield await Promise.resolve(bytes(text));
    },
    confirm,
    is_known_by_stat: false,
  };
}

Deno.test("landed bytes are as they came, with a note of whence", async () => {
  await using made = await makePlace();
  const { place } = made;
  const { batch, is_new } = await land(place, arrival("\ufeffa\r\n"));
  assert(is_new);
  assertEquals(await textOf(place.store, `rides/${batch}`), "a\r\n");
  assertEquals(await place.store.head(`rides/${batch}`), {
    bytes: 6,
    sha256: sha256("\ufeffa\r\n"),
    source: "rides.jsonl",
    source_bytes: 4,
    source_modified_at: "2026-01-05T06:00:00.000Z",
  });
});

Deno.test("the same bytes are landed once", async () => {
  await using made = await makePlace();
  const first = await land(made.place, arrival("one"));
  const second = await land(made.place, arrival("one"));
  assertEquals(second, { batch: first.batch, is_new: false });
  assertEquals((await keys(made.place.store, "rides")).length, 1);
});

Deno.test("bytes that the ledger knows are not landed, though no longer listed", async () => {
  await using made = await makePlace();
  const known = { ...made.place, withDigest: () => Promise.resolve("old") };
  assertEquals(await land(known, arrival("one")), {
    batch: "old",
    is_new: false,
  });
  assertEquals(await keys(made.place.store, "rides"), []);
});

Deno.test("--again lands the same bytes as another batch, and notes it", async () => {
  await using made = await makePlace();
  const first = await land(made.place, arrival("one"));
  const second = await land({ ...made.place, again: true }, arrival("one"));
  assert(second.is_new);
  assert(second.batch > first.batch);
  const head = await made.place.store.head(`rides/${second.batch}`);
  assertEquals(head?.again, true);
});

Deno.test("a file name with other content three days in a row is three batches", async () => {
  await using made = await makePlace();
  const batches: string[] = [];
  for (const text of ["monday", "tuesday", "wednesday"]) {
    batches.push((await land(made.place, arrival(text))).batch);
  }
  assertEquals(new Set(batches).size, 3);
  assertEquals(batches, batches.toSorted());
  assertEquals(
    await keys(made.place.store, "rides"),
    batches.map((batch) => `rides/${batch}`),
  );
});

Deno.test("a clock that goes back keeps names in order of arrival", async () => {
  await using made = await makePlace();
  const ahead = batchName(Date.now() + 3_600_000, sha256("ahead"));
  made.place.batches.push(ahead);
  const first = await land(made.place, arrival("one"));
  const second = await land(made.place, arrival("two"));
  assert(ahead < first.batch && first.batch < second.batch);
  assertEquals(batchInstant(first.batch), batchInstant(ahead)! + 1);
});

Deno.test("a source that changed while it was read is not landed", async () => {
  await using made = await makePlace();
  const changed = () => Promise.reject(new Error("it changed"));
  await assertRejects(
    () => land(made.place, arrival("one", changed)),
    Error,
    "it changed",
  );
  assertEquals(await keys(made.place.store, "rides"), []);
  assertEquals(made.place.batches, []);
});

Deno.test("batch names sort by time and give it back", () => {
  const at = Date.UTC(2021, 3, 3, 6, 12, 0, 123);
  const name = batchName(at, "3f2a91bc4d5e" + "0".repeat(52));
  assertEquals(name, "20210403T061200.123Z_3f2a91bc4d5e");
  assertEquals(batchInstant(name), at);
  assert(instantName(at) < name && name < instantName(at + 1));
  for (
    const other of ["", "posts", name + "0", name.toUpperCase(), "x" + name]
  ) {
    assertEquals(batchInstant(other), undefined);
  }
});
