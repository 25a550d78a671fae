/** What every store must do, as tests; `file:` and others run the same ones. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createHash } from "node:crypto";
import type { NewObject, Store } from "../../../scripts/lib/store/store.ts";

/** A store of one test's own, and a way to damage what is in it. */
export interface TestStore extends AsyncDisposable {
  store: Store;
  /** The same place opened once more, as another process would. */
  open(): Store;
  /** Changes one bit of an object behind the store's back. */
  flipBit(key: string): Promise<void>;
}

/** Text as bytes. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The sha256 of a text. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** An object of these parts under a key. */
export function object(key: string, ...parts: string[]): NewObject {
  return {
    open: async function* () {
      for (const part of parts) yield await Promise.resolve(bytes(part));
    },
    named: () => Promise.resolve({ key, note: { source: "rides.jsonl" } }),
  };
}

/** The text of an object, read to its end. */
export async function textOf(store: Store, key: string): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of store.get(key)) {
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

/** The keys of a folder. */
export async function keys(
  store: Store,
  folder: string,
  after?: string,
): Promise<string[]> {
  return await Array.fromAsync(store.list(folder, after));
}

const BAD_KEYS = [
  "",
  "/a",
  "a/",
  "a//b",
  "../a",
  "a/../b",
  "a/./b",
  "a/.notes",
  "a\0b",
  "a b",
  "a\nb",
  "a\\b",
  "a%2e",
  "a'b",
  "ä",
  "a／b",
  "C:/a",
  "x".repeat(513),
];

/** Registers the tests of the contract for one kind of store. */
export function storeContract(
  name: string,
  makeStore: () => Promise<TestStore>,
  register: (sentence: string, story: () => Promise<void>) => void = Deno.test,
): void {
  const test = (
    sentence: string,
    story: (made: TestStore) => Promise<void>,
  ) =>
    register(`${name}: ${sentence}`, async () => {
      await using made = await makeStore();
      await story(made);
    });
  testReading(test);
  testWriting(test);
  testKeys(test);
}

type Test = (
  sentence: string,
  story: (made: TestStore) => Promise<void>,
) => void;

function testReading(test: Test): void {
  test("what was put is got, byte for byte", async ({ store, open }) => {
    const text = "one\r\ntwo\0\n" + "é".repeat(1 << 20);
    assertEquals(await store.put(object("rides/a", "", text, "end")), "made");
    assert(await textOf(store, "rides/a") === text + "end");
    assert(await textOf(open(), "rides/a") === text + "end");
  });

  test("head knows size, digest and note", async ({ store, open }) => {
    await store.put(object("rides/a", "one"));
    assertEquals(await open().head("rides/a"), {
      bytes: 3,
      sha256: sha256("one"),
      source: "rides.jsonl",
    });
    assertEquals(await store.head("rides/b"), undefined);
    assertEquals(await store.head("docks/a"), undefined);
  });

  test("an object without bytes is one", async ({ store }) => {
    await store.put(object("rides/a"));
    assertEquals(await textOf(store, "rides/a"), "");
    assertEquals((await store.head("rides/a"))?.bytes, 0);
  });

  test("list gives the keys of one folder in order, after a key", async ({ store }) => {
    for (const key of ["rides/c", "rides/a", "rides/B", "docks/d"]) {
      await store.put(object(key, key));
    }
    assertEquals(await keys(store, "rides"), ["rides/B", "rides/a", "rides/c"]);
    assertEquals(await keys(store, "rides", "rides/a"), ["rides/c"]);
    assertEquals(await keys(store, "rides", "rides/aa"), ["rides/c"]);
    assertEquals(await keys(store, "rides", "rides/c"), []);
    assertEquals(await keys(store, "nothing"), []);
  });

  test("what is not there cannot be got", async ({ store }) => {
    await assertRejects(() => textOf(store, "rides/a"));
  });

  test("a flipped bit is found on reading", async ({ store, flipBit }) => {
    await store.put(object("rides/a", "one", "two"));
    await flipBit("rides/a");
    const error = await assertRejects(() => textOf(store, "rides/a"), Error);
    assertStringIncludes(error.message, sha256("onetwo"));
    assertStringIncludes(error.message, "rides/a");
  });
}

function testWriting(test: Test): void {
  test("putting the same again finds it there", async ({ store }) => {
    await store.put(object("rides/a", "one"));
    assertEquals(await store.put(object("rides/a", "o", "ne")), "there");
    assertEquals(await textOf(store, "rides/a"), "one");
  });

  test("other bytes under a key are refused, both digests are named", async ({ store }) => {
    await store.put(object("rides/a", "one"));
    const error = await assertRejects(
      () => store.put(object("rides/a", "two")),
      Error,
    );
    assertStringIncludes(error.message, sha256("one"));
    assertStringIncludes(error.message, sha256("two"));
    assertEquals(await textOf(store, "rides/a"), "one");
    assertEquals((await store.head("rides/a"))?.sha256, sha256("one"));
  });

  test("of 32 writers at once one wins, and its object is whole", async ({ open }) => {
    const texts = Array.from(
      { length: 32 },
      (_, i) => `text ${i} `.repeat(999),
    );
    const results = await Promise.allSettled(
      texts.map((text) => open().put(object("rides/a", text))),
    );
    const made = results.flatMap((result, i) =>
      result.status === "fulfilled" ? [i] : []
    );
    assertEquals(made.length, 1);
    assertEquals(await textOf(open(), "rides/a"), texts[made[0]]);
    assertEquals(
      (await open().head("rides/a"))?.sha256,
      sha256(texts[made[0]]),
    );
  });

  test("of 32 writers of the same bytes one makes it, others find it", async ({ open }) => {
    const results = await Promise.all(
      Array.from({ length: 32 }, () => open().put(object("rides/a", "one"))),
    );
    assertEquals(results.filter((result) => result === "made").length, 1);
    assertEquals(results.filter((result) => result === "there").length, 31);
  });

  test("bytes that are not wanted leave nothing", async ({ store }) => {
    const unwanted = {
      ...object("", "one"),
      named: async () => await undefined,
    };
    assertEquals(await store.put(unwanted), "unwanted");
    assertEquals(await keys(store, "rides"), []);
  });

  test("a source that breaks off leaves nothing", async ({ store }) => {
    const broken = {
      ...object("rides/a"),
      open: async function* () {
        yield await Promise.resolve(bytes("one"));
        throw new Error("cut off");
      },
    };
    await assertRejects(() => store.put(broken), Error, "cut off");
    assertEquals(await store.head("rides/a"), undefined);
    assertEquals(await keys(store, "rides"), []);
  });
}

function testKeys(test: Test): void {
  test("keys that are no names are refused everywhere", async ({ store }) => {
    for (const key of BAD_KEYS) {
      await assertRejects(() => store.put(object(key, "one")), TypeError);
      await assertRejects(() => store.head(key), TypeError);
      await assertRejects(() => textOf(store, key), TypeError);
      await assertRejects(() => keys(store, key), TypeError);
    }
  });

  test("a key of 512 letters in parts is a name", async ({ store }) => {
    const key = Array(8).fill("x".repeat(63)).join("/") + "x";
    assertEquals(key.length, 512);
    await store.put(object(key, "one"));
    assertEquals(await textOf(store, key), "one");
  });
}
