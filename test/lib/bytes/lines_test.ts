import { assert, assertEquals, assertRejects } from "@std/assert";
import { LINE_BYTES_MAX } from "../../../scripts/lib/bytes/blocks.ts";
import { splitLines } from "../../../scripts/lib/bytes/lines.ts";
import { memoryGrowth } from "./memory_growth.ts";
import {
  assertSameLines,
  bytesOf,
  collect,
  concat,
  type Line,
  numbered,
  Random,
  Source,
} from "./streams.ts";

function linesOf(bytes: Uint8Array): Promise<Line[]> {
  return collect(splitLines(new Source(bytes)));
}

Deno.test("lines end with LF, CRLF or the end of the source", async () => {
  assertEquals(
    await linesOf(bytesOf('{"a":1}\n{"b":2}\r\n{"c":3}')),
    numbered(['{"a":1}', '{"b":2}', '{"c":3}']),
  );
  assertEquals(await linesOf(bytesOf("a\n")), numbered(["a"]));
  assertEquals(await linesOf(bytesOf("a\r")), numbered(["a"]));
  assertEquals(await linesOf(bytesOf("")), []);
});

Deno.test("a CR that no LF follows stays in its line", async () => {
  assertEquals(
    await linesOf(bytesOf("a\rb\n\rc\r\r\nd")),
    numbered(["a\rb", "\rc\r", "d"]),
  );
});

Deno.test("blank lines are counted and marked", async () => {
  assertEquals(
    await linesOf(bytesOf("a\n\n \t\r\n\r\nb\n\n")),
    numbered(["a", "blank", "blank", "blank", "b", "blank"]),
  );
});

Deno.test("white space that is not JSON's does not make a line blank", async () => {
  assertEquals(
    await linesOf(bytesOf("\f\n\u00a0\n")),
    numbered(["\f", "\u00a0"]),
  );
});

Deno.test("a line with NUL or broken UTF-8 has no text, its neighbours do", async () => {
  const bytes = concat(
    bytesOf("ä\na\0b\n"),
    new Uint8Array([0xff, 10, 0xc3, 10, 0xed, 0xa0, 0x80, 10]),
    bytesOf("é\n \0 \nz"),
  );
  assertEquals(
    await linesOf(bytes),
    numbered(["ä", null, null, null, null, "é", null, "z"]),
  );
});

Deno.test("a line of 64 MiB is text, one byte more is not", async () => {
  const most = new Uint8Array(LINE_BYTES_MAX).fill(97);
  const size = () => 4 * 1024 * 1024;
  for (const line_end of ["\n", "\r\n", ""]) {
    for (const extra of ["", "a"]) {
      const source = new Source(
        concat(bytesOf("1\n"), most, bytesOf(`${extra}${line_end}`)),
        { size },
      );
      const lengths: number[] = [];
      for await (const { starts, ends } of splitLines(source)) {
        ends.forEach((end, i) => lengths.push(end < 0 ? end : end - starts[i]));
      }
      assertEquals(lengths, [1, extra ? -2 : LINE_BYTES_MAX]);
    }
  }
});

Deno.test("a line of 1 GiB is not held in memory, and the next is read", async () => {
  const { seen, most } = await memoryGrowth("lines");
  assertEquals(seen, [-1, 1, 1]);
  assert(most < 256e6, `grew by ${most} bytes`);
});

Deno.test("a too long last line without an end is still a line", async () => {
  // The first of them ends where a block does.
  for (const length of [LINE_BYTES_MAX + 2, LINE_BYTES_MAX * 2 + 5]) {
    const bytes = new Uint8Array(length).fill(97);
    const source = new Source(bytes, { size: () => 16 * 1024 * 1024 });
    const marks: number[] = [];
    for await (const { ends } of splitLines(source)) marks.push(...ends);
    assertEquals(marks, [-2]);
  }
});

Deno.test("an error of the source passes through, its last part is no line", async () => {
  const error = new Error("cut");
  const source = new Source(bytesOf("a\nb\nhalf of"), { error });
  const seen: unknown[] = [];
  const thrown = await assertRejects(async () => {
    for await (const lines of splitLines(source)) seen.push(lines);
  });
  assertEquals(thrown, error);
  assertEquals(seen, []);
});

Deno.test("whoever stops reading closes the source", async () => {
  const source = new Source(bytesOf("line\n".repeat(1_000_000)));
  for await (const { count } of splitLines(source)) {
    assert(count > 0);
    break;
  }
  assert(source.isClosed);
  assert(source.chunk_count < 40);
});

Deno.test("random bytes come back as they were, however they are cut", async () => {
  const random = new Random("lines");
  for (let round = 0; round < 40; round++) {
    const alphabet = random.pick(["ab\n", "a\r\n", "\n\r \t{", "é\n€😀x"]);
    const long = random.below(8) === 0;
    const pieces = random.list(
      300,
      () => random.list(random.below(20), () => random.pick([...alphabet])),
    ).map((characters) => characters.join(""));
    const text = random.list(
      random.below(long ? 150_000 : 20),
      () => random.pick(pieces),
    ).join("");
    const bytes = bytesOf(text);
    for (let k = random.below(4); k > 0 && bytes.length > 0; k--) {
      bytes[random.below(bytes.length)] = random.pick([0, 255, 0x80, 10]);
    }
    const most = long ? 100_000 : 9;
    const cut = new Source(bytes, { size: () => 1 + random.below(most) });
    assertSameLines(await collect(splitLines(cut)), plainLines(bytes));
  }
});

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// The same rules, written in the slowest way.
function plainLines(bytes: Uint8Array): Line[] {
  const parts: number[][] = [[]];
  for (const byte of bytes) {
    if (byte === 10) parts.push([]);
    else parts[parts.length - 1].push(byte);
  }
  if (parts[parts.length - 1].length === 0) parts.pop();
  return numbered(parts.map((part) => {
    if (part.at(-1) === 13) part.pop();
    try {
      const body = DECODER.decode(new Uint8Array(part));
      if (body.includes("\0")) return null;
      return /^[ \t\r]*$/.test(body) ? "blank" : body;
    } catch {
      return null;
    }
  }));
}
