import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { splitCsv } from "../../../scripts/lib/bytes/csv.ts";
import { ROW_BYTES_MAX } from "../../../scripts/lib/bytes/csv_rows.ts";
import { formatOf, reader } from "../../../scripts/lib/bytes/formats.ts";
import { UnreadableError } from "../../../scripts/lib/bytes/unreadable_error.ts";
import { collectCsv, csvLines } from "./csv_lines.ts";
import { memoryGrowth } from "./memory_growth.ts";
import { bytesOf, concat, Source } from "./streams.ts";

Deno.test("a row is an object of strings, under the number of its line", async () => {
  assertEquals(
    await csvLines('brand,year\nAcer,2004\n"Sam ""sung""",\n, 7 \n'),
    [
      [2, '{"brand":"Acer","year":"2004"}'],
      [3, '{"brand":"Sam \\"sung\\"","year":""}'],
      [4, '{"brand":"","year":" 7 "}'],
    ],
  );
});

Deno.test("a row ends with LF, CRLF or the end of the file", async () => {
  for (const end of ["\n", "\r\n", "", "\r"]) {
    assertEquals(await csvLines(`a,b\r\n1,2\n3,"4"\r\n5,6${end}`), [
      [2, '{"a":"1","b":"2"}'],
      [3, '{"a":"3","b":"4"}'],
      [4, '{"a":"5","b":"6"}'],
    ]);
  }
});

Deno.test("a line end in quotes belongs to the value, and its line is counted", async () => {
  assertEquals(
    await csvLines('a,b\n"1\r\n\n2",x\n\n3,"y\n"\n4,z'),
    [
      [2, '{"a":"1\\r\\n\\n2","b":"x"}'],
      [3, "blank"],
      [4, "blank"],
      [5, "blank"],
      [6, '{"a":"3","b":"y\\n"}'],
      [7, "blank"],
      [8, '{"a":"4","b":"z"}'],
    ],
  );
});

Deno.test("what JSON escapes is escaped, and nothing else", async () => {
  const value = 'é€😀 \\ / " \t\b\f\u0001\u001f\u007f\u2028 \r x';
  const [[, body]] = await csvLines(
    `a,b\n"${value.replaceAll('"', '""')}",x`,
  );
  assertEquals(body, JSON.stringify({ a: value, b: "x" }));
});

Deno.test("a row with other than its number of fields is an array of them", async () => {
  assertEquals(
    await csvLines('a,b\n1\n1,2,3\n1,\n"x,y"\n,,\n{"a":"1","b":"2"}'),
    [
      [2, '["1"]'],
      [3, '["1","2","3"]'],
      [4, '{"a":"1","b":""}'],
      [5, '["x,y"]'],
      [6, '["","",""]'],
      // A quote in a field that has none around it.
      [7, '"{\\"a\\":\\"1\\",\\"b\\":\\"2\\"}"'],
    ],
  );
});

Deno.test("a quote where none belongs spoils its line and no other", async () => {
  assertEquals(
    await csvLines(
      'a,b\n5" screen,"x\n"1"2,"y\n1, "z"\n"1",2\n"a\nb"c,"d\n3,4\n',
    ),
    [
      [2, '"5\\" screen,\\"x"'],
      [3, '"\\"1\\"2,\\"y"'],
      [4, '"1, \\"z\\""'],
      [5, '{"a":"1","b":"2"}'],
      [6, '"\\"a\\nb\\"c,\\"d"'],
      [7, "blank"],
      [8, '{"a":"3","b":"4"}'],
    ],
  );
});

Deno.test("a row with NUL or broken UTF-8 has no text, its neighbours do", async () => {
  const csv = concat(
    bytesOf('a,b\né,1\n"x\0\n",2\ny,'),
    new Uint8Array([0xff, 0xfe]),
    bytesOf("\nz,3"),
  );
  assertEquals(await csvLines(csv), [
    [2, '{"a":"é","b":"1"}'],
    [3, null],
    [4, "blank"],
    [5, null],
    [6, '{"a":"z","b":"3"}'],
  ]);
});

Deno.test("blank lines are counted, before the header too", async () => {
  assertEquals(await csvLines("\n \r\na,b\n\n\t\n1,2\n"), [
    [4, "blank"],
    [5, "blank"],
    [6, '{"a":"1","b":"2"}'],
  ]);
});

Deno.test("white space alone is a value in a file of one column", async () => {
  assertEquals(await csvLines('a\n \r\n\n"\n"\n\t'), [
    [2, '{"a":" "}'],
    [3, "blank"],
    [4, '{"a":"\\n"}'],
    [5, "blank"],
    [6, '{"a":"\\t"}'],
  ]);
});

Deno.test("gzip and a byte order mark around it are taken off", async () => {
  const csv = concat(new Uint8Array([0xef, 0xbb, 0xbf]), bytesOf("a,b\n1,2"));
  const read = reader(["a", "b"]);
  for (const bytes of [csv, new Uint8Array(gzipSync(csv))]) {
    assertEquals(await collectCsv(read(new Source(bytes), "csv")), [
      [2, '{"a":"1","b":"2"}'],
    ]);
  }
});

const HEADERS: [what: string, csv: string, message: string][] = [
  ["none", "", "at 1:1: expected a header, found the end of the data"],
  [
    "none but blank lines",
    "\n\n",
    "at 3:1: expected a header, found the end of the data",
  ],
  [
    "in another order",
    "b,a\n",
    "at 1:1: expected the header a,b, found b,a",
  ],
  [
    "with a name too many",
    '\na,b,"c,d"\n',
    'at 2:1: expected the header a,b, found a,b,"c,d"',
  ],
  [
    "with white space",
    "a, b\n",
    'at 1:1: expected the header a,b, found a," b"',
  ],
  [
    "with a name twice",
    "a,a\n",
    'at 1:1: expected a header, found "a" twice: a,a',
  ],
  [
    "with an empty name",
    "a,\n",
    'at 1:1: expected a header, found a column without a name: a,""',
  ],
  [
    "with a stray quote",
    'a,"b"c\n',
    'at 1:1: expected a header, found a quote where none belongs: "a,\\"b\\"c"',
  ],
  [
    "that is not text",
    "a,\0\n",
    "at 1:1: expected a header, found a line that is not text",
  ],
];

for (const [what, csv, message] of HEADERS) {
  Deno.test(`a header is refused: ${what}`, async () => {
    const error = await assertRejects(
      () => csvLines(csv, { header: ["a", "b"] }),
      UnreadableError,
    );
    assertEquals(error.message, `Cannot read the bytes ${message}`);
  });
}

Deno.test("a header alone has no rows", async () => {
  for (const end of ["", "\n", "\r\n"]) {
    assertEquals(await csvLines(`a,b${end}`, { header: ["a", "b"] }), []);
  }
});

Deno.test("names may be any text, line ends included", async () => {
  assertEquals(await csvLines('"a\n""b""","é"\n1,2'), [
    [3, '{"a\\n\\"b\\"":"1","é":"2"}'],
  ]);
});

Deno.test("an open quote is refused with its place", async () => {
  const error = await assertRejects(
    () => csvLines('a,b\n"1\n2",x\né,"3\n4'),
    UnreadableError,
  );
  assertEquals(error.position, { line: 4, column: 3 });
  assert(error.message.includes("expected the quote that closes a field"));
  assert(error.message.includes('\n  é,"3\n    ^'), error.message);
});

Deno.test("a field of 50 MB is refused with its place, quoted or not", async () => {
  const long = new Uint8Array(50e6).fill(97);
  for (const quote of ["", '"']) {
    for (const end of ["", `${quote},x\n`]) {
      const csv = concat(bytesOf(`a,b\n1,2\n3,${quote}`), long, bytesOf(end));
      const error = await assertRejects(
        () => csvLines(csv, { size: () => 1 << 20 }),
        UnreadableError,
      );
      assertEquals(error.position, { line: 3, column: 3 });
      assert(
        error.message.includes("expected a row of at most 16777216 bytes"),
      );
    }
  }
});

Deno.test("a row of 16 MiB is a row, one byte more is not", async () => {
  for (const extra of [0, 1]) {
    const value = new Uint8Array(ROW_BYTES_MAX - 2 + extra).fill(97);
    for (const end of ["", "\n"]) {
      const csv = concat(bytesOf("a,b\nx,"), value, bytesOf(end));
      const read = csvLines(csv, { size: () => 1 << 20 });
      if (extra) await assertRejects(() => read, UnreadableError);
      else {
        const [[, body]] = await read;
        assertEquals(body?.length, value.length + '{"a":"x","b":""}'.length);
      }
    }
  }
});

Deno.test("a row that is all escapes grows, and comes back", async () => {
  const value = '\u0001"\n'.repeat(1_000_000);
  const csv = `a,b\n1,"${value.replaceAll('"', '""')}"\n2,3`;
  const lines = (await csvLines(csv)).filter(([, body]) => body !== "blank");
  assertEquals(lines.length, 2);
  assert(lines[0][1] === JSON.stringify({ a: "1", b: value }));
  assertEquals(lines[1], [1_000_003, '{"a":"2","b":"3"}']);
});

Deno.test("a gigabyte of rows takes no more memory than some", async () => {
  const { seen, most } = await memoryGrowth("csv");
  assertEquals(seen, [1_000_000]);
  assert(most < 128e6, `grew by ${most} bytes`);
});

Deno.test("errors of the source pass through, and whoever stops closes it", async () => {
  const error = new Error("cut");
  const cut = new Source(bytesOf("a,b\n1,2\n3"), { error });
  assertEquals(await assertRejects(() => collectCsv(splitCsv(cut))), error);
  const source = new Source(bytesOf("a,b\n" + "1,2\n".repeat(1_000_000)));
  for await (const _ of splitCsv(source)) break;
  assert(source.isClosed);
});

Deno.test("the bytes say whether a file is CSV or JSON", async () => {
  const found = async (bytes: Uint8Array) => await formatOf(new Source(bytes));
  for (const json of ['{"a":1}', " \n[{}]", "", "\n"]) {
    assertEquals(await found(bytesOf(json)), "json");
    assertEquals(await found(new Uint8Array(gzipSync(json))), "json");
  }
  for (const csv of ["a,b\n1,2", '"a"\n', " a\n1"]) {
    assertEquals(await found(bytesOf(csv)), "csv");
    assertEquals(await found(new Uint8Array(gzipSync(csv))), "csv");
  }
});

Deno.test("a format that nobody knows is refused", () => {
  const error = assertThrows(
    () => reader()(new Source(bytesOf("")), "xml"),
    TypeError,
  );
  assert(
    error.message.includes('expected the format json or csv, found "xml"'),
  );
});
