import { assertEquals, assertThrows } from "@std/assert";
import {
  feedsOf,
  madeBy,
  parseSqlFile,
  placeAt,
  readFolder,
} from "../../../scripts/lib/run/sql_file.ts";

const PATH = "sql/rides/sqlite/020_dedup_rides.sql";
const TEXT = `-- Keep one row per ride:
-- the last one.
--
-- reads:  clean_rides, staging_rides
-- why:    the sender sends a ride again,
--         as often as it likes: a lot
-- on failure: warn

create temp table latest_rides as
select ';' as a; -- one; two
delete from latest_rides
`;

Deno.test("a SQL file has a number, a verb, a sentence and a header", () => {
  const file = parseSqlFile(PATH, TEXT);
  assertEquals(file.name, "020_dedup_rides.sql");
  assertEquals([file.number, file.verb], ["020", "dedup"]);
  assertEquals(file.sentence, "Keep one row per ride: the last one.");
  assertEquals(Object.fromEntries(file.header), {
    reads: "clean_rides, staging_rides",
    why: "the sender sends a ride again, as often as it likes: a lot",
    "on failure": "warn",
  });
  assertEquals(file.text, TEXT);
  assertEquals(file.sha256.length, 64);
});

Deno.test("statements are cut where they end, and know where they begin", () => {
  const { statements } = parseSqlFile(PATH, TEXT);
  assertEquals(statements.length, 2);
  assertEquals(statements[1].text, "delete from latest_rides");
  for (const { text, start } of statements) {
    assertEquals(TEXT.slice(start, start + text.length), text);
  }
});

Deno.test("a file without a header is all body", () => {
  const file = parseSqlFile(PATH, "select 1;\n-- reads: a\n");
  assertEquals([file.sentence, file.header.size], ["", 0]);
  assertEquals(parseSqlFile(PATH, "").statements, []);
});

Deno.test("a name that is not like 010_clean_rides.sql is refused", () => {
  const names = [
    "clean_rides.sql",
    "10_clean_rides.sql",
    "010_clean.sql",
    "010_Clean_rides.sql",
    "010_clean_rides.txt",
  ];
  for (const name of names) {
    assertThrows(
      () => parseSqlFile(`sql/rides/sqlite/${name}`, TEXT),
      TypeError,
      `found "${name}"`,
    );
  }
});

Deno.test("what a statement makes or changes is found by its bare name", () => {
  const made: Record<string, string | undefined> = {
    "create temp table a as select 1": "a",
    "-- note\ncreate table if not exists b (c text)": "b",
    "create or replace view d as select 1": "d",
    "insert into temp.e select 1": "e",
    'insert into "f" select 1': "f",
    "merge into g as kept using h on true": "g",
    "update i set j = 1": "i",
    "DELETE FROM pg_temp.k": "k",
    "select 1 from l": undefined,
    "drop table m": undefined,
  };
  for (const [statement, name] of Object.entries(made)) {
    assertEquals(madeBy(statement), name, statement);
  }
});

Deno.test("a place has line, column, the line itself and a caret", () => {
  assertEquals(placeAt("one\ntwo three\nfour", 8), {
    line: 2,
    column: 5,
    excerpt: "  two three\n      ^",
  });
  assertEquals(placeAt("one", 0).excerpt, "  one\n  ^");
  assertEquals(placeAt("one\n", 4), { line: 2, column: 1, excerpt: "  \n  ^" });
});

Deno.test("feeds are the staging tables that statements name", () => {
  const files = [
    parseSqlFile(
      PATH,
      "select 1 from staging_votes join staging_posts on true;",
    ),
    parseSqlFile(PATH, "-- staging_nothing\nselect 1 from staging_posts;"),
  ];
  assertEquals(feedsOf(files), ["posts", "votes"]);
});

Deno.test("a folder is read in the order in which its files run", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  for (const name of ["020_dedup_a.sql", "010_clean_a.sql", "README.md"]) {
    await Deno.writeTextFile(`${folder}/${name}`, "select 1;");
  }
  const files = await readFolder(folder);
  assertEquals(files.map(({ name }) => name), [
    "010_clean_a.sql",
    "020_dedup_a.sql",
  ]);
  await Deno.remove(folder, { recursive: true });
});
