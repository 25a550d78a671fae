import { assert, assertEquals, assertRejects } from "@std/assert";
import { LINE_BYTES_MAX } from "../../../scripts/lib/bytes/blocks.ts";
import { splitJsonArray } from "../../../scripts/lib/bytes/json_array.ts";
import { UnreadableError } from "../../../scripts/lib/bytes/unreadable_error.ts";
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

function elementsOf(text: string): Promise<Line[]> {
  return collect(splitJsonArray(new Source(bytesOf(text))));
}

Deno.test("an element stands as it is, white space around it does not", async () => {
  const expected = numbered(['{"a": [1, {"b": "],"}]}', '"x"', "null", "-1e3"]);
  const bodies = expected.map(([_, body]) => body);
  assertEquals(await elementsOf(`[${bodies.join(",")}]`), expected);
  assertEquals(await elementsOf(`[\n${bodies.join("\n,")}\n]\n`), expected);
  assertEquals(
    await elementsOf(` \r\n[\t${bodies.join(" ,\r\n ")} \n ]\n \n`),
    expected,
  );
});

Deno.test("an element keeps the line ends in it", async () => {
  const body = '{\r\n  "a": 1\n}';
  assertEquals(await elementsOf(`[${body},${body}]`), numbered([body, body]));
});

Deno.test("an empty array has no elements", async () => {
  assertEquals(await elementsOf("[]"), []);
  assertEquals(await elementsOf(" [ \n ] "), []);
});

Deno.test("brackets, commas and quotes in a string are text", async () => {
  const bodies = [
    '"]"',
    '"a,b"',
    '"\\""',
    '"\\\\"',
    '{"}":"\\\\\\"]"}',
    "[[]]",
  ];
  assertEquals(await elementsOf(`[${bodies.join()}]`), numbered(bodies));
});

Deno.test("what is broken within an element is left for SQL to reject", async () => {
  const bodies = ["{a:1}", '{"a":1]', "nope", "{,}", ":", '"\\q"'];
  assertEquals(await elementsOf(`[${bodies.join()}]`), numbered(bodies));
});

Deno.test("an element with NUL or broken UTF-8 has no text", async () => {
  const bytes = concat(
    bytesOf('["ä",{"a":"\0"},"'),
    new Uint8Array([0xff]),
    bytesOf('",1]'),
  );
  assertEquals(
    await collect(splitJsonArray(new Source(bytes))),
    numbered(['"ä"', null, null, "1"]),
  );
});

Deno.test("a nesting of 100,000 is one element", async () => {
  const body = "[".repeat(100_000) + "]".repeat(100_000);
  assertEquals(await elementsOf(`[${body},1]`), numbered([body, "1"]));
});

Deno.test("an element of 50 MB is text, one of more than 64 MiB is not", async () => {
  const size = () => 4 * 1024 * 1024;
  for (const [length, mark] of [[50e6, 50e6], [LINE_BYTES_MAX * 2, -2]]) {
    const long = new Uint8Array(length).fill(97);
    long[0] = long[length - 1] = 34;
    const bytes = concat(bytesOf("[1, "), long, bytesOf(', "z"]'));
    const lengths: number[] = [];
    const blocks = splitJsonArray(new Source(bytes, { size }));
    for await (const { starts, ends } of blocks) {
      ends.forEach((end, i) => lengths.push(end < 0 ? end : end - starts[i]));
    }
    assertEquals(lengths, [1, mark, 3]);
  }
});

const CHARACTERS = 'a"\\[]{},: \né😀';
const SIGNS = '[]{},"\\ \n1a';
const NOTHING = "the end of the data";

const BROKEN = [
  // what, text, place, expected, found
  ["no array", '{"a":1}', "1:1", 'a JSON array, which starts with "["', '"{"'],
  ["nothing", "", "1:1", 'a JSON array, which starts with "["', NOTHING],
  ["an opened array", "[\n", "2:1", 'an element or "]"', NOTHING],
  ["an open array", "[\n1,\n2", "3:2", '"," or "]"', NOTHING],
  ["a cut list", "[1,\n", "2:1", "an element after the comma", NOTHING],
  ["a cut element", '[\n{"a":1', "2:7", "the rest of the element", NOTHING],
  ["a cut string", '["ab', "1:5", "the rest of a string", NOTHING],
  ["a cut escape", '["ab\\', "1:6", "the rest of a string", NOTHING],
  ["a missing comma", '[\n{"a":1}\n{"b":2}]', "3:1", '"," or "]"', '"{"'],
  ["two numbers", "[1 2]", "1:4", '"," or "]"', '"2"'],
  ["a string at a number", '[1"a"]', "1:3", '"," or "]"', '"\\""'],
  ["a double comma", "[1,\n,2]", "2:1", "an element after the comma", '","'],
  ["a comma at the start", "[,1]", "1:2", 'an element or "]"', '","'],
  ["a comma at the end", "[1,\n]", "2:1", "an element after the comma", '"]"'],
  ["a brace at the end", "[1, 2}", "1:6", '"," or "]"', '"}"'],
  [
    "garbage",
    "[1]\n\n  x",
    "3:3",
    "the end of the data after the array",
    '"x"',
  ],
  [
    "a second array",
    "[1]\n[",
    "2:1",
    "the end of the data after the array",
    '"["',
  ],
  ["wide text before", '["äö😀" "b"]', "1:8", '"," or "]"', '"\\""'],
  [
    "a wide character",
    "[1]😀",
    "1:4",
    "the end of the data after the array",
    '"😀"',
  ],
];

for (const [what, text, place, expected, found] of BROKEN) {
  Deno.test(`${what} is refused with its place, however it is cut`, async () => {
    for (const size of [1, 2, 3, 1000]) {
      const source = new Source(bytesOf(text), { size: () => size });
      const error = await assertRejects(
        () => collect(splitJsonArray(source)),
        UnreadableError,
      );
      const { line, column } = error.position!;
      assertEquals(`${line}:${column}`, place);
      assertEquals(error.reason, `expected ${expected}, found ${found}`);
      assert(source.isClosed);
    }
  });
}

Deno.test("the place is right far into a long array", async () => {
  const rows = "12345,\n".repeat(400_000);
  for (
    const [text, line, column] of [
      [`[\n${rows}1 2]`, 400_002, 3],
      [`[${rows.replaceAll("\n", "ä").replaceAll("ä", " ")}1 2]`, 1, 2_800_004],
    ] as const
  ) {
    const error = await assertRejects(() => elementsOf(text), UnreadableError);
    assertEquals(error.position, { line, column });
  }
});

Deno.test("the message shows the line with a caret under the place", async () => {
  const error = await assertRejects(
    () => elementsOf('[\n  {"a": "ä\t"} {"b": 2}\n]'),
    UnreadableError,
  );
  assertEquals(
    error.message,
    'Cannot read the bytes at 2:15: expected "," or "]", found "{"\n' +
      '    {"a": "ä "} {"b": 2}\n' +
      "                ^",
  );
  const wide = await assertRejects(
    () => elementsOf(`[${"1,".repeat(500)}2 ${"3".repeat(500)}]`),
    UnreadableError,
  );
  const [line, caret] = wide.excerpt!.split("\n");
  assertEquals(line.length, 2 + 80);
  assertEquals(caret, " ".repeat(42) + "^");
});

Deno.test("an error of the source passes through", async () => {
  const error = new Error("cut");
  const source = new Source(bytesOf("[1,2"), { error });
  const thrown = await assertRejects(() => collect(splitJsonArray(source)));
  assertEquals(thrown, error);
});

Deno.test("random values come back in every layout, however they are cut", async () => {
  const random = new Random("json array");
  function value(depth: number): unknown {
    const text = () =>
      random.list(random.below(6), () => random.pick([...CHARACTERS]))
        .join("");
    const kind = random.below(depth > 3 ? 3 : 5);
    if (kind === 0) return random.below(1e6) - 5e5;
    if (kind === 1) return random.pick([true, false, null]);
    if (kind === 2) return text();
    const items = random.list(random.below(4), () => value(depth + 1));
    return kind === 3
      ? items
      : Object.fromEntries(items.map((item) => [text(), item]));
  }
  for (let round = 0; round < 40; round++) {
    const long = random.below(8) === 0;
    const values = random.list(
      long ? 30_000 : random.below(12),
      () => value(0),
    );
    const bodies = values.map((one) => JSON.stringify(one));
    const layouts = [
      JSON.stringify(values),
      `[\n ${bodies.join("\n,")}\n]\n`,
      JSON.stringify(values, null, 2),
    ];
    for (const [i, text] of layouts.entries()) {
      const most = long ? 100_000 : 9;
      const size = () => 1 + random.below(most);
      const lines = await collect(
        splitJsonArray(new Source(bytesOf(text), { size })),
      );
      const found = i < 2 ? lines : numbered(
        lines.map(([_, body]) => compact(body!)),
      );
      assertSameLines(found, numbered(bodies));
    }
  }
});

// Not with JSON.parse, which gives some escaped keys back as other ones in
// V8 15.0: after many objects, {"":1,"\"":1} comes back as {"":1,"\\":1}.
function compact(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
}

Deno.test("random text is an array that comes back, or has a place", async () => {
  const random = new Random("json array, random text");
  let accepted = 0;
  for (let round = 0; round < 3000; round++) {
    const inner = random.list(
      random.below(8),
      () => random.pick([...SIGNS]),
    ).join("");
    const text = random.pick([inner, `[${inner}]`, `[${inner}]`]);
    try {
      const size = () => 1 + random.below(3);
      const source = new Source(bytesOf(text), { size });
      const bodies = (await collect(splitJsonArray(source))).map((l) => l[1]);
      // Nothing is lost but white space between the elements.
      const bare = (part: string) => part.replace(/[ \n]/g, "");
      assertEquals(bare(`[${bodies.join(",")}]`), bare(text));
      accepted++;
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      const { line, column } = error.position!;
      const lines = text.split("\n");
      assert(line >= 1 && line <= lines.length, text);
      assert(column >= 1 && column <= lines[line - 1].length + 1, text);
      const valid = (() => {
        try {
          return Array.isArray(JSON.parse(text));
        } catch {
          return false;
        }
      })();
      assert(!valid, `refused although it is JSON: ${text}`);
    }
  }
  assert(accepted > 100);
});
