import { assert, assertMatch, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import {
  type ExpectedObject,
  ProofError,
  ReadBack,
} from "../../../scripts/lib/archive/read_back.ts";
import { openFileStore } from "../../../scripts/lib/store/file_store.ts";

const MIB = 1024 * 1024;

Deno.test("an object that was replaced by endless lines is read no further than it has to be", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  try {
    const store = openFileStore(folder);
    const key = "archive/day=1/a.jsonl.gz";
    const packed = gzipSync(("x".repeat(1023) + "\n").repeat(64 * 1024));
    await store.put({
      open: async function* () {
        yield await Promise.resolve(packed);
      },
      named: () => Promise.resolve({ key, note: {} }),
    });
    const expected: ExpectedObject = {
      key,
      first_line: 1,
      line_count: 3,
      plain_bytes: MIB,
      plain_sha256: "00",
    };
    let lines_taken = 0;
    const read = new ReadBack(store, expected);
    const error = await assertRejects(async () => {
      for await (const { count } of read.lines()) lines_taken += count;
    }, ProofError);
    assertMatch(error.message, /found more than their 1,048,576 bytes$/);
    assert(error.found.is_damage);
    assert(lines_taken <= 1024, `${lines_taken} lines were taken`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
