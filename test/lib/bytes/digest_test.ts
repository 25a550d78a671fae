import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Digest } from "../../../scripts/lib/bytes/digest.ts";
import { bytesOf, concat, Source } from "./streams.ts";

Deno.test("a digest passes the bytes on and knows their sha256", async () => {
  for (const value of [1, 2, 1000]) {
    const digest = new Digest();
    const source = new Source(bytesOf("abc"), { size: () => value });
    const chunks = await Array.fromAsync(digest.of(source));
    assertEquals(concat(...chunks), bytesOf("abc"));
    assertEquals(digest.byte_count, 3);
    assertEquals(
      digest.sha256,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  }
});

Deno.test("a digest of nothing is the sha256 of nothing", async () => {
  const digest = new Digest();
  await Array.fromAsync(digest.of(new Source(new Uint8Array(0))));
  assertEquals(
    digest.sha256,
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

Deno.test("a digest holds even when its reader transfers the chunks", async () => {
  const digest = new Digest();
  for await (const chunk of digest.of(new Source(bytesOf("abc")))) {
    structuredClone(chunk.buffer, { transfer: [chunk.buffer as ArrayBuffer] });
  }
  assertEquals(digest.byte_count, 3);
  assertEquals(digest.sha256.slice(0, 8), "ba7816bf");
});

Deno.test("a stream that has not ended has no sha256", async () => {
  const stopped = new Digest();
  const source = new Source(bytesOf("abc"), { size: () => 1 });
  for await (const _ of stopped.of(source)) break;
  assertThrows(() => stopped.sha256, Error, "has not ended");
  assertEquals(source.isClosed, true);

  const cut = new Digest();
  const error = new Error("cut");
  const thrown = await assertRejects(() =>
    Array.fromAsync(cut.of(new Source(bytesOf("abc"), { error })))
  );
  assertEquals(thrown, error);
  assertThrows(() => cut.sha256, Error, "has not ended");
});
