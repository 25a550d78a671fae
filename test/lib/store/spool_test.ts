import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { UnreadableError } from "../../../scripts/lib/bytes/unreadable_error.ts";
import { jsonApi } from "../../../scripts/lib/net/json_api.ts";
import { Spool, type SpooledAnswer } from "../../../scripts/lib/store/spool.ts";
import type { Incoming } from "../../../scripts/lib/store/spool_writer.ts";
import { bytes } from "./store_contract.ts";

const SOURCE = "http://127.0.0.1/v1";
const { faultOf } = jsonApi(SOURCE);

async function makeSpool() {
  const home = await Deno.makeTempDir({ prefix: "sluice_test_" });
  const folder = `${home}/spool/rides/answers`;
  return {
    folder,
    spool: new Spool(folder),
    [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }),
  };
}

async function* pieces(
  texts: (string | Uint8Array)[],
  end?: Error,
): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    yield await Promise.resolve(typeof text === "string" ? bytes(text) : text);
  }
  if (end) throw end;
}

async function keep(spool: Spool, incoming: Incoming): Promise<string> {
  const writer = await spool.begin(SOURCE);
  await writer.write(incoming);
  return await writer.finish(faultOf);
}

async function textOf(answer: SpooledAnswer): Promise<string> {
  return await new Response(ReadableStream.from(answer.open())).text();
}

/** The note and the text of an answer that waits. */
async function read(spool: Spool, name: string) {
  const answer = (await spool.take(name))!;
  try {
    return { ...answer.note, text: await textOf(answer) };
  } finally {
    answer.close();
  }
}

Deno.test("an answer waits as it came, the oldest first, until it is removed", async () => {
  await using made = await makeSpool();
  const { spool, folder } = made;
  assertEquals(await spool.list(), []);
  const names: string[] = [];
  for (const text of ["[1]", "[2]", "[3]"]) {
    names.push(
      await keep(spool, { body: pieces([text.slice(0, 1), text.slice(1)]) }),
    );
    await new Promise((go) => setTimeout(go, 2));
  }
  assertEquals(await spool.list(), names);
  const { text, source, at, refused } = await read(spool, names[1]);
  assertEquals([text, source, refused], ["[2]", SOURCE, undefined]);
  assert(Math.abs(Date.now() - Date.parse(at)) < 10_000);
  assertEquals((await spool.note(names[1]))?.at, at);
  // People can look at it with the tools at hand.
  const file = await Deno.readTextFile(`${folder}/${names[1]}`);
  assertMatch(file, /^\{"source":.*\} *\n\[2\]$/);
  assertEquals(file.indexOf("\n"), 4095);

  const answer = (await spool.take(names[0]))!;
  await answer.remove();
  answer.close();
  assertEquals(await spool.list(), names.slice(1));
  assertEquals(await spool.take(names[0]), undefined);
  assertEquals(await spool.note(names[0]), undefined);
});

Deno.test("a packed answer is unpacked when it is read, a refused one stays as it came", async () => {
  await using made = await makeSpool();
  const { spool } = made;
  const packed = new Uint8Array(gzipSync(bytes("[1,2]")));
  const good = await keep(spool, { encoding: "gzip", body: pieces([packed]) });
  assertEquals((await read(spool, good)).text, "[1,2]");

  const half = packed.subarray(0, packed.length - 5);
  const cut = await keep(spool, { encoding: "gzip", body: pieces([half]) });
  const answer = (await spool.take(cut))!;
  assertMatch(
    answer.note.refused!,
    /gzip data, found its end: it was cut off$/,
  );
  const [kept] = await Array.fromAsync(answer.open());
  assertEquals(kept, half);
  answer.close();
});

Deno.test("what is refused is kept with its reason", async () => {
  await using made = await makeSpool();
  const { spool } = made;
  for (
    const [incoming, text, reason] of [
      [{ refused: "no JSON", body: pieces(["[1]"]) }, "[1]", "no JSON"],
      [
        { body: pieces(["[1", ",2"], new UnreadableError("it was cut")) },
        "[1,2",
        "it was cut",
      ],
      [
        { body: pieces(["[1"], new Error("a piece of the disk fell off")) },
        "[1",
        "it could not be written whole: a piece of the disk fell off",
      ],
      [
        { body: pieces(["{}"]) },
        "{}",
        'expected one whole JSON array, but 1:1: expected a JSON array, which starts with "[", found "{"',
      ],
    ] as [Incoming, string, string][]
  ) {
    const found = await read(spool, await keep(spool, incoming));
    assertEquals([found.text, found.refused], [text, reason]);
  }
});

Deno.test("reasons and sources of any length and letters fit into a head", async () => {
  await using made = await makeSpool();
  const { spool } = made;
  for (const letter of ["\u0001", "\u2028", "😀", '"', "x"]) {
    const refused = letter.repeat(10_000);
    const writer = await spool.begin(`http://${refused}`);
    await writer.write({ refused, body: pieces(["[1]"]) });
    const found = await read(spool, await writer.finish(faultOf));
    assertEquals(found.text, "[1]");
    assert(refused.startsWith(found.refused!.slice(0, 298)));
  }
});

Deno.test("an answer of which nothing came is not kept", async () => {
  await using made = await makeSpool();
  const { spool, folder } = made;
  const writer = await spool.begin(SOURCE);
  await writer.abandon();
  assertEquals([...Deno.readDirSync(folder)], []);
});

Deno.test("an answer that the disk does not take is held as it came, and judged", async () => {
  await using made = await makeSpool();
  const { spool, folder } = made;
  const packed = new Uint8Array(gzipSync(bytes("[1,2]")));
  for (
    const [pieces_of, encoding, text, reason] of [
      [["[1,", "2]"], undefined, "[1,2]", undefined],
      [[packed], "gzip", "[1,2]", undefined],
      [["[1,"], undefined, "[1,", /expected one whole JSON array/],
    ] as [(string | Uint8Array)[], "gzip"?, string?, RegExp?][]
  ) {
    for (const is_early of [true, false]) {
      const writer = await spool.begin(SOURCE);
      const path = `${folder}/${writer.of.name}.unfinished`;
      if (is_early) writer.of.file!.close();
      await writer.write({ encoding, body: pieces(pieces_of) });
      if (!is_early) Deno.removeSync(path);
      const error = await assertRejects(() => writer.finish(faultOf), Error);
      assertMatch(error.message, /^Cannot write to the spool ".*": /);
      const held = await writer.held(faultOf);
      const found = await new Response(ReadableStream.from(held.open())).text();
      assertEquals(found, text);
      assertEquals(held.note.source, SOURCE);
      if (reason) assertMatch(held.note.refused!, reason);
      else assertEquals(held.note.refused, undefined);
      if (is_early) Deno.removeSync(path);
      else await held.remove();
      assertEquals([...Deno.readDirSync(folder)], []);
    }
  }
});

/** Starts a writer, waits until it says this, and kills it. */
async function killed(folder: string, texts: string[], then: string) {
  const writer = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "-A",
      "test/lib/store/spool_writer.ts",
      folder,
      JSON.stringify(texts),
      then,
    ],
    stdout: "piped",
  }).spawn();
  const reader = writer.stdout.getReader();
  await reader.read();
  return {
    kill: async () => {
      writer.kill("SIGKILL");
      await writer.status;
      await reader.cancel();
    },
  };
}

Deno.test("what a killed writer left is evidence: refused when cut, good when whole", async () => {
  await using made = await makeSpool();
  const { spool, folder } = made;
  for (
    const [texts, reason] of [
      [['[{"a":', "1}", ",{"], /^it was cut by a crash: expected one whole/],
      [['[{"a":', "1}", "]"], undefined],
    ] as [string[], RegExp | undefined][]
  ) {
    const writer = await killed(folder, texts, "hang");
    // Alive, it keeps its file to itself.
    assertEquals(await spool.recover(faultOf), []);
    assertEquals(await spool.list(), []);
    await writer.kill();
    const [name] = await spool.recover(faultOf);
    const found = await read(spool, name);
    assertEquals([found.text, found.source], [texts.join(""), SOURCE]);
    if (reason) assertMatch(found.refused!, reason);
    else assertEquals(found.refused, undefined);
    assertEquals(await spool.recover(faultOf), []);
    await Deno.remove(`${folder}/${name}`);
  }
  const writer = await killed(folder, [], "hang");
  await writer.kill();
  assertEquals([...Deno.readDirSync(folder)].length, 1);
  assertEquals(await spool.recover(faultOf), []);
  assertEquals([...Deno.readDirSync(folder)], []);
});

Deno.test("an answer belongs to one process at a time", async () => {
  await using made = await makeSpool();
  const { spool, folder } = made;
  const name = await keep(spool, { body: pieces(["[1]"]) });
  const other = new Spool(folder);
  const answer = (await spool.take(name))!;
  assertEquals(await other.take(name), undefined);
  assertEquals(await other.list(), [name]);
  answer.close();
  const again = (await other.take(name))!;
  await again.remove();
  again.close();
  assertEquals(await spool.take(name), undefined);
});

Deno.test("writers at once do not meet, nor does one that looks for the dead", async () => {
  await using made = await makeSpool();
  const { spool, folder } = made;
  const writers = Array.from({ length: 20 }, async (_, number) => {
    const name = await keep(new Spool(folder), {
      body: pieces([`[${number}]`]),
    });
    return [name, `[${number}]`];
  });
  const recovered: string[] = [];
  for (let round = 0; round < 20; round++) {
    recovered.push(...await spool.recover(faultOf));
  }
  const expected = (await Promise.all(writers)).sort();
  assertEquals(recovered, []);
  const found: string[][] = [];
  for (const name of await spool.list()) {
    found.push([name, (await read(spool, name)).text]);
  }
  assertEquals(found, expected);
});

Deno.test("a head that cannot be read does not hide the answer", async () => {
  await using made = await makeSpool();
  const { spool, folder } = made;
  const name = await keep(spool, { body: pieces(["[1]"]) });
  using file = await Deno.open(`${folder}/${name}`, { write: true });
  await file.write(new Uint8Array(100));
  const found = await read(spool, name);
  assertEquals([found.text, found.source], ["[1]", "unknown"]);
  assertMatch(found.refused!, /cut by a crash/);
});

Deno.test("a folder that cannot be made or written fails before anything is asked", async () => {
  await using made = await makeSpool();
  await Deno.mkdir(made.folder.slice(0, made.folder.lastIndexOf("/")), {
    recursive: true,
  });
  await Deno.writeTextFile(made.folder, "a file in its place");
  await assertRejects(() => made.spool.begin(SOURCE), Error);
});
