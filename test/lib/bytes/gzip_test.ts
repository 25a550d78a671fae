import { assert, assertEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { gunzip, isGzip } from "../../../scripts/lib/bytes/gzip.ts";
import { UnreadableError } from "../../../scripts/lib/bytes/unreadable_error.ts";
import { memoryGrowth } from "./memory_growth.ts";
import { bytesOf, concat, Random, Source } from "./streams.ts";

const SIZES = [1, 7, 1000, 1_000_000];
const text = "Some line of text\n".repeat(1000);
const packed = gzipSync(bytesOf(text));

async function unpack(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks = await Array.fromAsync(gunzip(source));
  return new TextDecoder().decode(concat(...chunks));
}

Deno.test("gzip is known by its first two bytes", () => {
  assert(isGzip(packed));
  assert(!isGzip(bytesOf("[1]")));
  assert(!isGzip(new Uint8Array([0x1f])));
});

Deno.test("one gzip member or several are unpacked", async () => {
  const empty = gzipSync(new Uint8Array(0));
  for (const value of SIZES) {
    const size = () => value;
    assertEquals(await unpack(new Source(packed, { size })), text);
    const more = concat(packed, empty, packed);
    assertEquals(await unpack(new Source(more, { size })), text + text);
  }
});

function changed(at: number): Uint8Array {
  const bytes = new Uint8Array(packed);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return bytes;
}

const ZEROS = new Uint8Array(20);
const BROKEN: [what: string, bytes: Uint8Array, reason: RegExp][] = [
  ["a gzip that is cut in its data", packed.subarray(0, 60), /cut off$/],
  ["a gzip that is cut in its end", packed.subarray(0, -1), /cut off$/],
  ["a gzip that is cut in its start", packed.subarray(0, 5), /cut off$/],
  ["a cut second member", concat(packed, packed.subarray(0, 40)), /cut off$/],
  ["a gzip with another checksum", changed(-8), /checksum .* changed$/],
  ["a gzip with another length", changed(-1), /length .* changed$/],
  ["a gzip of an unknown method", changed(2), /unknown compression method$/],
  ["text after a gzip", concat(packed, bytesOf("other")), /found other bytes$/],
  ["zeros after a gzip", concat(packed, ZEROS), /found other bytes$/],
  [
    "zeros and text after a gzip",
    concat(packed, ZEROS, bytesOf("other")),
    /found other bytes$/,
  ],
  [
    "zeros between two members",
    concat(packed, ZEROS, packed),
    /found other bytes$/,
  ],
];

for (const [what, bytes, reason] of BROKEN) {
  Deno.test(`${what} is refused, however it is cut`, async () => {
    for (const value of SIZES) {
      const source = new Source(bytes, { size: () => value });
      const error = await assertRejects(() => unpack(source), UnreadableError);
      assert(reason.test(error.reason), `${value}: ${error.reason}`);
      assert(error instanceof SyntaxError);
      assert(source.isClosed);
    }
  });
}

Deno.test("an error of the source passes through gunzip", async () => {
  const error = new Error("cut");
  const source = new Source(packed.subarray(0, 50), { error });
  assertEquals(await assertRejects(() => unpack(source)), error);
});

Deno.test("a source that fails while its reader is busy is told then", async () => {
  const error = new Error("cut");
  // More than the first chunk, so that the reader has something to do.
  const bytes = concat(gzipSync(new Uint8Array(1_000_000)), packed);
  const source = new Source(bytes.subarray(0, -9), { error });
  const thrown = await assertRejects(async () => {
    for await (const _ of gunzip(source)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  assertEquals(thrown, error);
});

Deno.test("whoever stops reading gunzip closes its source", async () => {
  const random = new Random("gzip");
  const noise = new Uint8Array(random.list(3e6, () => random.below(256)));
  const source = new Source(gzipSync(noise));
  for await (const chunk of gunzip(source)) {
    assert(chunk.length > 0);
    break;
  }
  assert(source.isClosed);
  assert(source.chunk_count < 30);
});

Deno.test("a gzip bomb of 1 GiB keeps memory flat", async () => {
  const { seen, most } = await memoryGrowth("gzip");
  assertEquals(seen, [1024 ** 3]);
  assert(most < 128e6, `grew by ${most} bytes`);
});

Deno.test("a changed byte never gives another text", async () => {
  const random = new Random("gzip, changed bytes");
  for (let round = 0; round < 300; round++) {
    const bytes = new Uint8Array(packed);
    const at = 10 + random.below(bytes.length - 10);
    bytes[at] ^= 1 << random.below(8);
    const size = () => 1 + random.below(200);
    const source = new Source(bytes, { size });
    // A deflate stream may end in unused bits, which no checksum covers.
    const outcome = await unpack(source).catch((error) => error);
    assert(
      outcome === text || outcome instanceof UnreadableError,
      `byte ${at}: ${outcome}`,
    );
  }
});
