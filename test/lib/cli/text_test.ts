import { assert, assertEquals } from "@std/assert";
import { nearest } from "../../../scripts/lib/cli/nearest.ts";
import { redact } from "../../../scripts/lib/cli/redact.ts";
import { table } from "../../../scripts/lib/cli/table.ts";
import { jsonText } from "../../../scripts/lib/cli/output.ts";

Deno.test("the nearest name is the one with the fewest letters changed", () => {
  const names = ["warehouse", "force", "again", "allow-empty"];
  assertEquals(nearest("warehose", names), "warehouse");
  assertEquals(nearest("fource", names), "force");
  assertEquals(nearest("a gain", names), "again");
  assertEquals(nearest("empty", ["query", "allow-empty"]), "query");
  assertEquals(nearest("", ["ab", "a"]), "a");
  assertEquals(nearest("x", []), undefined);
});

Deno.test("passwords in addresses are hidden, everything else stays", () => {
  const hidden: Record<string, string> = {
    "postgres://anna:secret@db:5432/x": "postgres://anna:***@db:5432/x",
    "postgres://anna:se@cret@db/x": "postgres://anna:***@db/x",
    "postgres://:secret@db/x": "postgres://:***@db/x",
    "a?password=secret&b=1": "a?password=***&b=1",
    "a?b=1&TOKEN=secret c": "a?b=1&TOKEN=*** c",
    "a&sslpassword=secret": "a&sslpassword=***",
    "two postgres://a:b@c and postgres://d:e@f":
      "two postgres://a:***@c and postgres://d:***@f",
  };
  for (const [text, expected] of Object.entries(hidden)) {
    assertEquals(redact(text), expected);
  }
  for (
    const text of ["", "anna@example.org", "http://127.0.0.1:80/a:b", "12:30"]
  ) {
    assertEquals(redact(text), text);
  }
});

Deno.test("a table aligns numbers to the right and text to the left", () => {
  assertEquals(
    table([
      { dock: "é", ride_count: 5, is_open: null },
      { dock: "north", ride_count: 12n, is_open: null },
    ]),
    [
      "dock   ride_count  is_open",
      "-----  ----------  -------",
      "é               5",
      "north          12",
    ].join("\n"),
  );
  assertEquals(table([]), "(no rows)");
});

Deno.test("a cell is cut where it is too wide, and moves no cursor", () => {
  const text = table([{ body: "x".repeat(99), other: "a\x1b[2Jb\nc" }]);
  assert(text.includes("x".repeat(59) + "…"));
  assert(text.includes("a [2Jb c"));
});

Deno.test("rows too wide for a table stand one below the other", () => {
  const row = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`column_${i}`, "some text"]),
  );
  const text = table([row, row]);
  assertEquals(text.split("\n").length, 41);
  assert(text.startsWith("column_0   some text\ncolumn_1   some text\n"));
});

Deno.test("JSON keeps whole numbers of any size exact", () => {
  assertEquals(
    jsonText([{ a: 9223372036854775807n, b: -1n, c: "1", d: null, e: 0.5 }]),
    '[{"a":9223372036854775807,"b":-1,"c":"1","d":null,"e":0.5}]',
  );
});
