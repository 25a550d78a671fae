import { assertEquals } from "@std/assert";
import { copyRows } from "../../../scripts/lib/warehouse/copy_rows.ts";
import { linesOf } from "./lines_of.ts";

/** The rows that a server would read: each value with its length before it. */
function copied(texts: (string | null | undefined)[], first?: number) {
  const { bytes, staged, blank } = copyRows("b1", linesOf(texts, first));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const rows: unknown[][] = [];
  let at = 0;
  while (at < bytes.length) {
    const columns = view.getInt16(at);
    at += 2;
    rows.push(Array.from({ length: columns }, (_, column) => {
      const length = view.getInt32(at);
      at += 4;
      if (length === -1) return null;
      const start = at;
      at += length;
      return column === 1
        ? view.getBigInt64(start)
        : new TextDecoder("utf-8", { ignoreBOM: true })
          .decode(bytes.subarray(start, at));
    }));
  }
  assertEquals(at, bytes.length);
  return { rows, staged, blank };
}

Deno.test("each line goes out with its batch and its number", () => {
  assertEquals(copied(["one", "zwö"], 9), {
    rows: [["b1", 9n, "one"], ["b1", 10n, "zwö"]],
    staged: 2,
    blank: 0,
  });
});

Deno.test("a blank line is counted and keeps its number", () => {
  assertEquals(copied(["a", undefined, "b"]), {
    rows: [["b1", 1n, "a"], ["b1", 3n, "b"]],
    staged: 2,
    blank: 1,
  });
});

Deno.test("a line that is not text has no body, an empty one has an empty one", () => {
  assertEquals(copied([null, ""]), {
    rows: [["b1", 1n, null], ["b1", 2n, ""]],
    staged: 2,
    blank: 0,
  });
});

Deno.test("nothing in a line is taken for a sign", () => {
  const odd = [
    "\\.",
    "a\x01b",
    "\x02",
    "a\rb",
    "a\nb",
    "\ufeffa",
    "\t",
    '"',
    "\\N",
  ];
  assertEquals(copied(odd).rows.map(([, , body]) => body), odd);
});

Deno.test("line numbers beyond 32 and 53 bits stay exact", () => {
  for (
    const first of [2 ** 31, 2 ** 32, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER - 1]
  ) {
    assertEquals(
      copied(["a", "b"], first).rows.map(([, number]) => number),
      [BigInt(first), BigInt(first) + 1n],
    );
  }
});

Deno.test("no lines are no bytes", () => {
  assertEquals(copied([]), { rows: [], staged: 0, blank: 0 });
});
