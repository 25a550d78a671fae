/** What every warehouse must do, in each dialect. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  allRows,
  BusyError,
  StatementError,
} from "../../../scripts/lib/warehouse/warehouse.ts";
import { staged, stream, TARGET, test } from "./in_warehouse.ts";
import { linesOf } from "./lines_of.ts";

test("a load balances: lines are staged, blank or not text", async ({ warehouse }) => {
  await warehouse.begin();
  const count = await warehouse.load(
    TARGET,
    stream(linesOf(["one", undefined, null]), linesOf(["", "vier"], 4)),
  );
  await warehouse.commit();
  assertEquals(count, { lines: 5, staged: 4, blank: 1 });
  assertEquals(await staged(warehouse), [
    { batch: "b1", line_number: 1, body: "one" },
    { batch: "b1", line_number: 3, body: null },
    { batch: "b1", line_number: 4, body: "" },
    { batch: "b1", line_number: 5, body: "vier" },
  ]);
});

test("odd bytes in a line are staged as they are", async ({ warehouse }) => {
  const odd = [
    "\x01",
    "\x02\x02",
    "a\x01b\x02c",
    "\\.",
    "\\N",
    "a\rb",
    "a\nb",
    "\r",
    '"',
    "'; drop table staging_rides; --",
    "\t\\t",
    "🚲 é \u2028",
    "\u0085",
    "\x7f",
    "null",
    "$1",
    "x".repeat(3_000_000),
  ];
  await warehouse.begin();
  await warehouse.load(TARGET, stream(linesOf(odd)));
  await warehouse.commit();
  const rows = await staged(warehouse);
  assertEquals(rows.length, odd.length);
  rows.forEach(({ body }, i) => assert(body === odd[i], `line ${i + 1}`));
});

test("a load of no lines stages none", async ({ warehouse }) => {
  await warehouse.begin();
  assertEquals(await warehouse.load(TARGET, stream()), {
    lines: 0,
    staged: 0,
    blank: 0,
  });
  await warehouse.commit();
});

test("loads add to each other, and what was staged can be emptied", async ({ warehouse }) => {
  await warehouse.begin();
  await warehouse.load(TARGET, stream(linesOf(["one"])));
  await warehouse.load({ ...TARGET, batch: "b2" }, stream(linesOf(["two"])));
  assertEquals((await staged(warehouse)).length, 2);
  await warehouse.empty("staging_rides");
  assertEquals(await staged(warehouse), []);
  await warehouse.commit();
});

test("one load may hold the lines of several batches, where that is said", async ({ warehouse }) => {
  if (!warehouse.loads_many) return;
  await warehouse.begin();
  const count = await warehouse.load(
    TARGET,
    stream(
      { ...linesOf(["one", undefined]), batch: "b2" },
      { ...linesOf(["two"]), batch: "b10" },
      { ...linesOf(["three"], 2), batch: "b10" },
      linesOf(["four"]),
    ),
  );
  await warehouse.commit();
  assertEquals(count, { lines: 5, staged: 4, blank: 1 });
  const rows = await allRows(
    warehouse,
    "select batch, line_number, body from staging_rides order by body",
  );
  assertEquals(rows.map((row) => Object.values(row)), [
    ["b1", 1, "four"],
    ["b2", 1, "one"],
    ["b10", 2, "three"],
    ["b10", 1, "two"],
  ]);
});

test("a source that breaks off fails the load, and the session goes on", async ({ warehouse }) => {
  await warehouse.begin();
  await assertRejects(
    () =>
      warehouse.load(
        TARGET,
        (async function* () {
          yield await Promise.resolve(linesOf(["one"]));
          throw new Error("cut off");
        })(),
      ),
    Error,
    "cut off",
  );
  await warehouse.rollback();
  assertEquals(await staged(warehouse), []);
});

test("a load into a table that is not there is an error", async ({ warehouse }) => {
  await warehouse.begin();
  await assertRejects(
    () =>
      warehouse.load(
        { table: "staging_docks", batch: "b1" },
        stream(linesOf(["a"])),
      ),
    Error,
    "staging_docks",
  );
  await warehouse.rollback();
});

test("a rollback undoes rows and tables, a commit keeps them", async ({ warehouse, open }) => {
  if (warehouse.applies_at_once) return;
  const other = await open();
  await warehouse.begin();
  await warehouse.execute("create table rides (ride_id bigint)");
  await warehouse.execute("insert into rides values ($1)", [1]);
  assertEquals(await other.relations().then((all) => all.length), 1);
  await warehouse.rollback();
  assertEquals((await warehouse.relations()).map(({ name }) => name), [
    "staging_rides",
  ]);
  await warehouse.begin();
  await warehouse.execute("create table rides (ride_id bigint)");
  await warehouse.commit();
  assertEquals(await allRows(other, "select * from rides"), []);
});

test("execute says how many rows were made or changed", async ({ warehouse }) => {
  const made = await warehouse.execute(
    "create temp table three as select 1 as a union all select 2 union all select 3",
  );
  assertEquals(made, 3);
  assertEquals(await warehouse.execute("update three set a = a + 1"), 3);
  assertEquals(
    await warehouse.execute("delete from three where a > $1", [3]),
    1,
  );
  assertEquals(
    await warehouse.execute("insert into three values ($1)", [7]),
    1,
  );
});

test("100,000 rows are streamed, and reading may stop before the end", async ({ warehouse }) => {
  await warehouse.execute("create table rides (ride_id bigint)");
  await warehouse.execute(
    `insert into rides with recursive numbers (n) as (
       select 1 union all select n + 1 from numbers where n < 100000
     ) select n from numbers`,
  );
  let sum = 0;
  for await (const { ride_id } of warehouse.rows("select ride_id from rides")) {
    sum += ride_id as number;
  }
  assertEquals(sum, 5_000_050_000);
  for await (const _ of warehouse.rows("select ride_id from rides")) break;
  assertEquals(await allRows(warehouse, "select 1 as a"), [{ a: 1 }]);
});

test("values come as text, numbers and null; large whole numbers are exact", async ({ warehouse, text }) => {
  const [row] = await allRows(
    warehouse,
    `select cast('9007199254740993' as bigint) as large,
       cast('-1' as bigint) as small, 0.5e0 as half,
       cast($1 as ${text}) as given, cast(null as ${text}) as missing`,
    ["it's; $2"],
  );
  assertEquals(row.large, 9007199254740993n);
  assertEquals(row.small, -1);
  assertEquals(Number(row.half), 0.5);
  assertEquals(row.given, "it's; $2");
  assertEquals(row.missing, null);
});

test("an error knows its place in the statement", async ({ warehouse }) => {
  const places = [
    "select «colour from staging_rides",
    "select 'docks' from staging_rides join «docks on true",
    "select body, «lowest(body) from staging_rides",
  ];
  for (const marked of places) {
    const statement = marked.replace("«", "");
    for (
      const run of [
        () => warehouse.execute(statement),
        () => allRows(warehouse, statement),
      ]
    ) {
      const error = await assertRejects(run, StatementError);
      assertEquals(
        error.offset,
        marked.indexOf("«"),
        `${marked}: ${error.message}`,
      );
    }
  }
  const syntax = await assertRejects(
    () => warehouse.execute("select 1 frm x y"),
    StatementError,
  );
  assert(syntax.offset! >= 9, syntax.message);
});

test("an error while running says what, but no row's values beyond it", async ({ warehouse }) => {
  // It has no keys; what it has is in transaction_test.ts.
  if (warehouse.dialect === "bigquery") return;
  await warehouse.execute(
    "create table rides (ride_id bigint primary key, owner text)",
  );
  await warehouse.execute("insert into rides values (1, 'anna')");
  const error = await assertRejects(
    () => warehouse.execute("insert into rides values (1, 'secret')"),
    StatementError,
  );
  assert(!`${error.message}`.includes("secret"));
  assertEquals(await allRows(warehouse, "select owner from rides"), [{
    owner: "anna",
  }]);
});

test("one session at a time holds the lock of a job", async ({ warehouse, open, close }) => {
  const [second, other_job] = [await open(), await open()];
  await warehouse.lock("rides");
  await other_job.lock("docks");
  const start = performance.now();
  const error = await assertRejects(() => second.lock("rides"), BusyError);
  assert(performance.now() - start < 2000);
  assertEquals(error.exit_code, 75);
  assertStringIncludes(error.message, "since 20");
  assertStringIncludes(error.message, `${Deno.pid}`);
  await close(warehouse);
  const third = await open();
  await third.lock("rides");
});

test("tables and views of this environment are known", async ({ warehouse }) => {
  await warehouse.execute("create view busy as select 1 as a");
  await warehouse.execute("create temp table working as select 1 as a");
  const relations = (await warehouse.relations())
    .map(({ name, kind }) => `${kind} ${name}`).sort();
  assertEquals(relations, ["table staging_rides", "view busy"]);
});

test("a scratch environment is empty, readable from the live one, and goes", async ({ warehouse }) => {
  await warehouse.execute("create table rides (ride_id bigint)");
  const scratch = await warehouse.scratch("sluice_rebuild_rides");
  assertEquals(await scratch.warehouse.relations(), []);
  await scratch.warehouse.execute("create table rides (ride_id bigint)");
  await scratch.warehouse.execute("insert into rides values (7)");
  await scratch.attach();
  const name = scratch.qualified("rides");
  assertEquals(await allRows(warehouse, `select * from ${name}`), [{
    ride_id: 7,
  }]);
  assertEquals(await allRows(warehouse, "select * from rides"), []);
  await scratch.drop();
  await assertRejects(() => allRows(warehouse, `select * from ${name}`));
  assertEquals((await warehouse.relations()).length, 2);
});
