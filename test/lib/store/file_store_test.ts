import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openFileStore } from "../../../scripts/lib/store/file_store.ts";
import { openStore } from "../../../scripts/lib/store/open_store.ts";
import { ChangedObjectError } from "../../../scripts/lib/store/store.ts";
import { keys, object, storeContract, textOf } from "./store_contract.ts";

async function makeFileStore() {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  return {
    folder,
    store: openFileStore(`${folder}/store`),
    open: () => openStore(`file:${folder}/store/`),
    flipBit: async (key: string) => {
      const bytes = await Deno.readFile(`${folder}/store/${key}`);
      bytes[bytes.length >> 1] ^= 1;
      await Deno.writeFile(`${folder}/store/${key}`, bytes);
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

storeContract("file store", makeFileStore);

async function names(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}

Deno.test("file store: a bad key makes no file anywhere", async () => {
  await using made = await makeFileStore();
  const { folder, store } = made;
  await assertRejects(() => store.put(object("../outside", "one")));
  await assertRejects(() => store.put(object("/etc/outside", "one")));
  assertEquals(await names(folder), ["store"]);
  assertEquals(await names(`${folder}/store`), [".unfinished"]);
});

Deno.test("file store: no unfinished file stays after a put", async () => {
  await using made = await makeFileStore();
  await made.store.put(object("rides/a", "one"));
  await made.store.put(object("rides/a", "one"));
  await made.store.put(object("rides/a", "two")).catch(() => {});
  assertEquals(await names(`${made.folder}/store/.unfinished`), []);
});

const WRITER = `
const file = await Deno.open(Deno.args[0], { write: true, createNew: true });
await file.lock(true);
await file.write(new TextEncoder().encode("half"));
console.log("writing");
setTimeout(() => {}, 60_000);
`;

/** A process that is in the middle of writing an object. */
async function startWriter(path: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", WRITER, path],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  return async () => {
    child.kill("SIGKILL");
    await reader.cancel();
    await child.status;
  };
}

Deno.test("file store: an unfinished file of a dead process goes, of a live one stays", async () => {
  await using made = await makeFileStore();
  const unfinished = `${made.folder}/store/.unfinished`;
  await Deno.mkdir(unfinished, { recursive: true });
  const [killDead, killLive] = await Promise.all([
    startWriter(`${unfinished}/dead`),
    startWriter(`${unfinished}/live`),
  ]);
  await killDead();
  try {
    await made.store.put(object("rides/a", "one"));
    assertEquals(await names(unfinished), ["live"]);
  } finally {
    await killLive();
  }
  await made.store.put(object("rides/b", "one"));
  assertEquals(await names(unfinished), []);
});

Deno.test("file store: unfinished files and notes are not listed", async () => {
  await using made = await makeFileStore();
  await made.store.put(object("rides/a", "one"));
  // Some systems leave files of their own in every folder.
  await Deno.writeTextFile(`${made.folder}/store/rides/.DS_Store`, "");
  assertEquals(await keys(made.store, "rides"), ["rides/a"]);
  await assertRejects(() => keys(made.store, "rides/.notes"), TypeError);
});

Deno.test("file store: an object whose note is lost is not believed", async () => {
  await using made = await makeFileStore();
  await made.store.put(object("rides/a", "one"));
  await Deno.remove(`${made.folder}/store/rides/.notes/a`);
  await assertRejects(() => textOf(made.store, "rides/a"), Error, "in a note");
});

Deno.test("file store: a note that a power cut tore does not stand in its object's way", async () => {
  for (const torn of ["", '{"sha', "\0\0\0\0", '{"sha256": 1}', '"sha256"\n']) {
    await using made = await makeFileStore();
    const { folder, store } = made;
    await store.put(object("rides/a", "one"));
    await Deno.remove(`${folder}/store/rides/a`);
    await Deno.writeTextFile(`${folder}/store/rides/.notes/a`, torn);
    assertEquals(await store.head("rides/a"), undefined);
    assertEquals(await store.put(object("rides/a", "one")), "made");
    assertEquals(await textOf(store, "rides/a"), "one");
    assertEquals((await store.head("rides/a"))?.bytes, 3);
    // The same when the object came back some other way.
    await Deno.writeTextFile(`${folder}/store/rides/.notes/a`, torn);
    await assertRejects(() => textOf(store, "rides/a"), ChangedObjectError);
    assertEquals((await store.head("rides/a"))?.bytes, 3);
  }
});

Deno.test("a store that is no file: address is refused", () => {
  for (
    const url of [
      "",
      "file:",
      "s3",
      "http://example.org/a",
      "https://acct.example.org/a?sig=secret-canary",
      "gs://bucket/a?secret_key=secret-canary#a",
      "gs://bucket/a#secret-canary",
      "https://anna:secret-canary@example.org/a",
      "anna:secret-canary@example.org/a",
    ]
  ) {
    const error = assertThrows(() => openStore(url), TypeError);
    assert(!error.message.includes("secret-canary"), error.message);
    // The command or a setting is wrong: nothing has happened.
    assertEquals((error as { exit_code?: number }).exit_code, 64);
  }
});
