import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import {
  type PackedObject,
  packObjects,
} from "../../../scripts/lib/archive/pack_objects.ts";
import type { Row } from "../../../scripts/lib/warehouse/warehouse.ts";

const PATH = "sql/rides_archive/postgres/020_archive_rides.sql";

async function* given(rows: Row[]): AsyncGenerator<Row> {
  yield* await Promise.resolve(rows);
}

function pack(rows: Row[], object_bytes?: number): Promise<PackedObject[]> {
  return Array.fromAsync(
    packObjects(given(rows), { path: PATH, object_bytes }),
  );
}

function textOf({ packed }: PackedObject): string {
  return gunzipSync(Buffer.concat(packed)).toString();
}

Deno.test("consecutive rows of a folder become one object, named by its lines", async () => {
  const objects = await pack([
    { object: "a/day=1", body: "één" },
    { object: "a/day=1", body: " two " },
    { object: "a/day=2", body: "three" },
  ]);
  assertEquals(objects.map(textOf), ["één\n two \n", "three\n"]);
  assertEquals(objects.map(({ first_line }) => first_line), [1, 3]);
  assertEquals(objects.map(({ line_count }) => line_count), [2, 1]);
  for (const object of objects) {
    const text = textOf(object);
    const sha256 = createHash("sha256").update(text).digest("hex");
    assertEquals(object.plain_sha256, sha256);
    assertEquals(object.plain_bytes, Buffer.byteLength(text));
    assert(object.key.endsWith(`/${sha256.slice(0, 32)}.jsonl.gz`));
  }
});

Deno.test("an object closes when it is large, and the same rows close at the same places", async () => {
  const rows = Array.from({ length: 3000 }, (_, n) => ({
    object: "a/b",
    body: `${n}`.padEnd(100, "é"),
  }));
  const objects = await pack(rows, 100_000);
  assert(objects.length > 1);
  assert(
    objects.slice(0, -1).every(({ plain_bytes }) => plain_bytes >= 100_000),
  );
  assertEquals(
    objects.map(textOf).join(""),
    rows.map(({ body }) => `${body}\n`).join(""),
  );
  const again = await pack(rows, 100_000);
  assertEquals(again, objects);
});

Deno.test("no rows are no objects", async () => {
  assertEquals(await pack([]), []);
});

for (
  const [what, row, found] of [
    ["without a body", { object: "a", body: null }, "a string and none"],
    ["without an object", { body: "b" }, "none and a string"],
    ["of a number", { object: "a", body: 1 }, "a string and a number"],
    ["of two lines", { object: "a", body: "1\n2" }, "a line end in it"],
    ["that ends like a line", { object: "a", body: "1\r" }, "a line end in it"],
    ["of a blank body", { object: "a", body: " \t" }, "a blank one"],
  ] as [string, Row, string][]
) {
  Deno.test(`a row ${what} is refused with its place`, async () => {
    const error = await assertRejects(
      () => pack([{ object: "a", body: "fine" }, row]),
      TypeError,
    );
    assert(error.message.startsWith(`Cannot archive row 2 of ${PATH}: `));
    assert(error.message.includes(found), error.message);
  });
}
