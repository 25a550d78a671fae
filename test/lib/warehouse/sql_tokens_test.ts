import { assertEquals } from "@std/assert";
import {
  splitStatements,
  tokenize,
} from "../../../scripts/lib/warehouse/sql_tokens.ts";
import { Random } from "../bytes/streams.ts";

function kinds(text: string): string[] {
  return tokenize(text).map(({ kind, text }) => `${kind} ${text}`);
}

Deno.test("words, numbers, strings and symbols are told apart", () => {
  assertEquals(kinds("a1 ->> '$.b'||2.5e3"), [
    "word a1",
    "space  ",
    "symbol -",
    "symbol >",
    "symbol >",
    "space  ",
    "string '$.b'",
    "symbol |",
    "symbol |",
    "number 2.5e3",
  ]);
});

Deno.test("a quote inside a string does not end it", () => {
  assertEquals(kinds("'it''s'"), ["string 'it''s'"]);
  assertEquals(kinds(`e'a\\'b'`), [`string e'a\\'b'`]);
  assertEquals(kinds(`'a\\'`), [`string 'a\\'`]);
  assertEquals(kinds(`"a""b"`), [`word "a""b"`]);
  assertEquals(kinds("$x$ a ' $$ ; $x$"), ["string $x$ a ' $$ ; $x$"]);
});

Deno.test("comments are space, whatever they hold", () => {
  assertEquals(kinds("-- it's; /*\n/* ' ; */"), [
    "space -- it's; /*\n/* ' ; */",
  ]);
  assertEquals(kinds("a--b"), ["word a", "space --b"]);
});

Deno.test("what is never closed reaches to the end", () => {
  for (const text of ["'a", `"a`, "$$a", "/* a"]) {
    assertEquals(tokenize(text).length, 1, text);
  }
});

Deno.test("tokens put together are the text, for 2,000 random texts", () => {
  const random = new Random("tokens");
  const parts = [
    "'",
    '"',
    "$$",
    "--",
    "\n",
    "/*",
    "*/",
    "a",
    "1",
    ";",
    "é",
    "\\",
    "e'",
    " ",
    "🚲",
  ];
  for (let round = 0; round < 2000; round++) {
    const text = Array.from(
      { length: random.below(12) },
      () => parts[random.below(parts.length)],
    ).join("");
    const tokens = tokenize(text);
    assertEquals(tokens.map((token) => token.text).join(""), text);
    for (const token of tokens) {
      assertEquals(text.slice(token.start, token.end), token.text);
    }
  }
});

function statements(text: string): string[] {
  return splitStatements(text).map((one) => one.text);
}

Deno.test("statements end at a semicolon that is one", () => {
  assertEquals(statements("a ';' b; /* ; */ c -- ;\n; d"), [
    "a ';' b",
    "c",
    "d",
  ]);
  assertEquals(statements(" ; ;\n-- nothing;\n"), []);
  assertEquals(statements("do $$ begin; end $$; b"), [
    "do $$ begin; end $$",
    "b",
  ]);
});

Deno.test("a statement knows where it begins", () => {
  const text = "-- top\na;\n\n  b c ;";
  assertEquals(splitStatements(text), [
    { text: "a", start: 7 },
    { text: "b c", start: 13 },
  ]);
});

Deno.test("a trigger keeps the semicolons of its body", () => {
  const trigger =
    "create temp trigger a after insert on b begin delete from c; select 1; end";
  assertEquals(statements(`${trigger}; select 2;`), [trigger, "select 2"]);
});
