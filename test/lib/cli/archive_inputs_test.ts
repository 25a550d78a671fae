import { assertEquals, assertThrows } from "@std/assert";
import {
  archiveOptions,
  restoreChoice,
} from "../../../scripts/lib/cli/archive_inputs.ts";
import { UsageError } from "../../../scripts/lib/cli/inputs.ts";

type Texts = Record<string, string | undefined>;

function given(texts: Texts, switches: Record<string, boolean> = {}) {
  return { arguments: [], texts, switches };
}

Deno.test("archive flags are read as they are meant", () => {
  assertEquals(
    archiveOptions(given(
      { "as-of": "2026-01-31T06:12:00+02:00", "older-than": "0", limit: "7" },
      { "dry-run": true },
    )),
    {
      as_of: "2026-01-31T04:12:00.000Z",
      older_than_days: 0,
      row_limit: 7,
      is_dry_run: true,
    },
  );
  assertEquals(archiveOptions(given({}, { "dry-run": false })), {
    as_of: undefined,
    older_than_days: null,
    row_limit: null,
    is_dry_run: false,
  });
  const { as_of } = archiveOptions(given({ "as-of": "2026-01-31" }));
  assertEquals(as_of, "2026-01-31T00:00:00.000Z");
  for (
    const [text, expected] of [
      ["2026-01-31T06:12:00.123456+02:00", "2026-01-31T04:12:00.123456Z"],
      ["2026-01-31T06:12:59.9999Z", "2026-01-31T06:12:59.9999Z"],
      ["2026-01-31T06:12:59.5Z", "2026-01-31T06:12:59.500Z"],
    ]
  ) {
    assertEquals(archiveOptions(given({ "as-of": text })).as_of, expected);
  }
});

Deno.test("archive flags that mean nothing are refused", () => {
  for (
    const [flag, text] of [
      ["as-of", "now"],
      ["as-of", "2026-02-30"],
      ["as-of", "2026-02-30T00:00:00Z"],
      ["as-of", "2026-01-31T06:12:00"],
      ["as-of", "31.1.2026"],
      ["older-than", "-1"],
      ["older-than", "1.5"],
      ["older-than", "9999999"],
      ["limit", "0"],
      ["limit", "1e3"],
      ["limit", "many"],
    ]
  ) {
    assertThrows(
      () => archiveOptions(given({ [flag]: text })),
      UsageError,
      `--${flag}`,
    );
  }
});

Deno.test("--verify reads all of it, and takes no other flag", () => {
  const verify = true;
  archiveOptions(given({}, { verify, "dry-run": false }));
  for (
    const [texts, switches, flag] of [
      [{ limit: "1" }, { verify }, "--limit"],
      [{ "older-than": "1" }, { verify }, "--older-than"],
      [{ "as-of": "2026-01-31" }, { verify }, "--as-of"],
      [{}, { verify, "dry-run": true }, "--dry-run"],
    ] as [Texts, Record<string, boolean>, string][]
  ) {
    const story = () => archiveOptions(given(texts, switches));
    assertThrows(story, UsageError, flag);
  }
});

Deno.test("a restore takes a day, a range or an object, and a drill everything", () => {
  const day = "2026-01-31";
  const both = { object: undefined, from: day, to: day };
  assertEquals(restoreChoice(given({ day })), both);
  assertEquals(restoreChoice(given({ from: day, to: day })), both);
  const object = "archive/day=1/2.jsonl.gz";
  assertEquals(restoreChoice(given({ object })).object, object);
  assertEquals(restoreChoice(given({}, { drill: true })), {});
});

Deno.test("a restore of nothing, or of two things, is refused", () => {
  const day = "2026-01-31";
  for (
    const texts of [{}, { day, object: "a" }, { day, from: day }, {
      from: "2026-02-31",
    }]
  ) {
    assertThrows(() => restoreChoice(given(texts)), UsageError, "expected");
  }
});
