import { assert, assertEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { readLines } from "../../../scripts/lib/bytes/read_lines.ts";
import { UnreadableError } from "../../../scripts/lib/bytes/unreadable_error.ts";
import {
  bytesOf,
  collect,
  concat,
  numbered,
  Random,
  Source,
} from "./streams.ts";

const MARK = new Uint8Array([0xef, 0xbb, 0xbf]);

Deno.test("lines and arrays are told apart by their first character", async () => {
  const rows = ['{"a":1}', '{"b":[2]}'];
  for (const mark of [new Uint8Array(0), MARK]) {
    for (const text of [rows.join("\n"), ` \n[${rows.join(",\n")}]\n`]) {
      for (const pack of [(bytes: Uint8Array) => bytes, gzipSync]) {
        for (const value of [1, 2, 5, 1000]) {
          const bytes = pack(concat(mark, bytesOf(text)));
          const source = new Source(bytes, { size: () => value });
          assertEquals(await collect(readLines(source)), numbered(rows));
          assert(source.isClosed);
        }
      }
    }
  }
});

Deno.test("blank lines before the first one are counted", async () => {
  assertEquals(
    await collect(readLines(new Source(bytesOf("\n \n{}")))),
    numbered(["blank", "blank", "{}"]),
  );
});

Deno.test("nothing, or white space alone, is no error", async () => {
  for (const pack of [(bytes: Uint8Array) => bytes, gzipSync]) {
    for (const bytes of [new Uint8Array(0), MARK]) {
      assertEquals(await collect(readLines(new Source(pack(bytes)))), []);
    }
    assertEquals(
      await collect(readLines(new Source(pack(bytesOf(" \n\n"))))),
      numbered(["blank", "blank"]),
    );
  }
});

Deno.test("short files are read as they are", async () => {
  for (const text of ["1", "{}", "\u00e9"]) {
    assertEquals(
      await collect(readLines(new Source(bytesOf(text)))),
      numbered([text]),
    );
  }
  assertEquals(await collect(readLines(new Source(bytesOf("[]")))), []);
});

Deno.test("a byte order mark within the text stays", async () => {
  assertEquals(
    await collect(readLines(new Source(concat(MARK, MARK, bytesOf("1\n2"))))),
    numbered(["\ufeff1", "2"]),
  );
});

Deno.test("white space without end is not held in memory", async () => {
  const source = new Source(new Uint8Array(4 * 1024 * 1024).fill(10));
  let count = 0;
  for await (const lines of readLines(source)) {
    if (count === 0) assert(source.chunk_count < 20);
    count += lines.count;
  }
  assertEquals(count, source.bytes.length);
});

Deno.test("UTF-16 is refused, gzip around it or not", async () => {
  for (const mark of [[0xff, 0xfe], [0xfe, 0xff]]) {
    for (const pack of [(bytes: Uint8Array) => bytes, gzipSync]) {
      const bytes = pack(new Uint8Array([...mark, 0x5b, 0, 0x5d, 0]));
      const source = new Source(bytes, { size: () => 1 });
      const error = await assertRejects(
        () => collect(readLines(source)),
        UnreadableError,
        "expected UTF-8, found UTF-16",
      );
      assertEquals(error.position, { line: 1, column: 1 });
      assert(source.isClosed);
    }
  }
});

Deno.test("a cut gzip is refused and its last part is no line", async () => {
  const bytes = gzipSync(bytesOf("line\n".repeat(1000)));
  let count = 0;
  await assertRejects(
    async () => {
      const source = new Source(bytes.subarray(0, -9));
      for await (const lines of readLines(source)) count += lines.count;
    },
    UnreadableError,
    "cut off",
  );
  assertEquals(count, 0);
});

Deno.test("a place in an array counts the lines before it", async () => {
  const error = await assertRejects(
    () => collect(readLines(new Source(concat(MARK, bytesOf("\n\n [1 2]"))))),
    UnreadableError,
  );
  assertEquals(error.position, { line: 3, column: 5 });
});

Deno.test("errors of the source pass through, wherever they come", async () => {
  for (const pack of [(bytes: Uint8Array) => bytes, gzipSync]) {
    for (const text of ["", "[1,", "a\nb"]) {
      const bytes = pack(bytesOf(text));
      for (let length = 0; length <= bytes.length; length++) {
        const error = new Error("cut");
        const source = new Source(bytes.subarray(0, length), { error });
        const thrown = await assertRejects(() => collect(readLines(source)));
        assertEquals(thrown, error);
      }
    }
  }
});

Deno.test("whoever stops reading closes the file", async () => {
  const path = await Deno.makeTempFile();
  try {
    const noise = new Random("read lines");
    const text = noise.list(300_000, () => `${noise.below(1e9)}\n`).join("");
    const array = `[${text.trim().replaceAll("\n", ",")}]`;
    for (const bytes of [text, array].map(bytesOf)) {
      for (const file of [bytes, gzipSync(bytes)]) {
        await Deno.writeFile(path, file);
        // The sanitizers of Deno.test see a file that stays open.
        const { readable } = await Deno.open(path);
        for await (const { count } of readLines(readable)) {
          assert(count > 0);
          break;
        }
        const unread = await Deno.open(path);
        await readLines(unread.readable).return(undefined);
        unread.close();
      }
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("random bytes come back as they were, or have a place", async () => {
  const random = new Random("read lines, random bytes");
  for (let round = 0; round < 2000; round++) {
    const bytes = new Uint8Array(random.list(random.below(40), () => {
      return random.pick([
        random.below(256),
        ...bytesOf('[]{},"\\ \n\r1a'),
        ...MARK,
      ]);
    }));
    const source = new Source(bytes, { size: () => 1 + random.below(9) });
    const kept: Uint8Array[] = [];
    try {
      for await (const lines of readLines(source)) kept.push(lines.bytes);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      const isGzip = bytes[0] === 0x1f;
      assert(error.position !== undefined || isGzip, error.message);
      continue;
    }
    // An empty array has no lines, and so no bytes.
    const text = new TextDecoder().decode(bytes);
    if (kept.length === 0 && /^\s*\[\s*\]\s*$/.test(text)) continue;
    const hasMark = MARK.every((byte, i) => bytes[i] === byte);
    assertEquals(concat(...kept), bytes.slice(hasMark ? 3 : 0));
  }
});
