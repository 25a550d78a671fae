import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Arrivals,
  givenFile,
  inbox,
} from "../../../scripts/lib/store/arrivals.ts";

async function makeFolder() {
  const path = await Deno.makeTempDir({ prefix: "sluice_test_" });
  return {
    path,
    /** Writes a file that was last changed so many seconds ago. */
    write: async (name: string, text: string, age_seconds = 60) => {
      await Deno.writeTextFile(`${path}/${name}`, text);
      const at = Date.now() / 1000 - age_seconds;
      await Deno.utime(`${path}/${name}`, at, at);
    },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** What arrives, and what has to wait. */
async function found(arrivals: Arrivals) {
  const waiting: string[] = [];
  const all = await Array.fromAsync(
    arrivals((source, reason) => waiting.push(`${source}: ${reason}`)),
  );
  return { all, names: all.map(({ source }) => source), waiting };
}

Deno.test("an inbox gives files by their start of name, oldest first", async () => {
  await using folder = await makeFolder();
  await folder.write("rides_2.jsonl", "b", 20);
  await folder.write("rides_1.jsonl", "a", 30);
  await folder.write("rides_0.jsonl", "c", 20);
  await folder.write("docks.jsonl", "d", 40);
  await Deno.mkdir(`${folder.path}/rides_folder`);
  for (const url of [`file:${folder.path}`, `file://${folder.path}/`]) {
    const { names } = await found(inbox(url, "rides"));
    assertEquals(names[0], "rides_1.jsonl");
    assertEquals(names.slice(1).sort(), ["rides_0.jsonl", "rides_2.jsonl"]);
  }
});

Deno.test("a file that may still grow, or is empty, has to wait", async () => {
  await using folder = await makeFolder();
  await folder.write("rides_1.jsonl", "a", 1);
  await folder.write("rides_2.jsonl", "", 60);
  await folder.write("rides_3.jsonl", "c", 60);
  const { names, waiting } = await found(inbox(`file:${folder.path}`, "rides"));
  assertEquals(names, ["rides_3.jsonl"]);
  assertEquals(waiting.length, 2);
  assert(waiting.some((text) => /^rides_1\.jsonl: .* grow$/.test(text)));
});

Deno.test("an inbox that is not there is an error, an empty one is not", async () => {
  await using folder = await makeFolder();
  assertEquals((await found(inbox(`file:${folder.path}`, "rides"))).names, []);
  await assertRejects(
    () => found(inbox(`file:${folder.path}/nowhere`, "rides")),
    Error,
    "expected a folder, found nothing there",
  );
});

Deno.test("a given file arrives, whatever its age", async () => {
  await using folder = await makeFolder();
  await folder.write("rides.jsonl", "one", 0);
  const { all: [arrival] } = await found(
    givenFile(`${folder.path}/rides.jsonl`),
  );
  assertEquals(arrival.source, "rides.jsonl");
  assertEquals(arrival.source_bytes, 3);
  const chunks = await Array.fromAsync(arrival.open());
  assertEquals(new TextDecoder().decode(chunks[0]), "one");
  await arrival.confirm();
});

Deno.test("a given file that changes while it is read is found out", async () => {
  await using folder = await makeFolder();
  await folder.write("rides.jsonl", "one");
  const { all: [arrival] } = await found(
    givenFile(`${folder.path}/rides.jsonl`),
  );
  await folder.write("rides.jsonl", "one and two", 60);
  await assertRejects(arrival.confirm, Error, "found it changed");
});

Deno.test("a given file that is missing, empty or a folder is an error", async () => {
  await using folder = await makeFolder();
  await folder.write("empty.jsonl", "");
  const arrive = (name: string) => found(givenFile(`${folder.path}/${name}`));
  await assertRejects(() => arrive("gone"), Error, "found nothing there");
  await assertRejects(() => arrive("empty.jsonl"), RangeError, "an empty file");
  await assertRejects(() => arrive(""), TypeError, "found a folder");
});
