/** What a transaction means, in each dialect. */
import { assertEquals, assertRejects } from "@std/assert";
import {
  allRows,
  StatementError,
} from "../../../scripts/lib/warehouse/warehouse.ts";
import { staged, test } from "./in_warehouse.ts";

test("a rollback undoes rows and working tables, a commit keeps rows", async ({ warehouse, open }) => {
  const other = await open();
  await warehouse.execute("create table rides (ride_id bigint)");
  const count = "select count(*) as n from rides";
  for (const end of ["rollback", "commit"] as const) {
    await warehouse.begin();
    await warehouse.execute("insert into rides values ($1)", [1]);
    await warehouse.execute("create temp table working as select 1 as a");
    assertEquals(await allRows(warehouse, count), [{ n: 1 }]);
    assertEquals(await allRows(other, count), [{ n: 0 }]);
    await warehouse[end]();
    const kept = end === "commit" ? 1 : 0;
    assertEquals(await allRows(other, count), [{ n: kept }]);
    assertEquals(await allRows(warehouse, count), [{ n: kept }]);
  }
});

test("after an error nothing more happens before the rollback", async ({ warehouse }) => {
  if (warehouse.dialect === "sqlite") return;
  await warehouse.begin();
  await assertRejects(
    () => warehouse.execute("select colour from staging_rides"),
    StatementError,
  );
  const insert = "insert into staging_rides values ('b1', 1, null)";
  await assertRejects(() => warehouse.execute(insert), Error);
  await assertRejects(() => allRows(warehouse, "select 1 as a"), Error);
  await warehouse.rollback();
  assertEquals(await staged(warehouse), []);
});

test("a value that cannot be cast has no place in the statement", async ({ warehouse }) => {
  if (warehouse.dialect === "sqlite") return;
  const cast =
    "select cast(owner as bigint) as a from (select 'secret' as owner) as one";
  const error = await assertRejects(
    () => allRows(warehouse, cast),
    StatementError,
  );
  assertEquals(error.offset, undefined);
  // PostgreSQL tells the value in the message itself.
  if (warehouse.dialect === "bigquery") {
    assertEquals(error.message, "Bad int64 value");
  }
});

test("a transaction that reads takes one statement, and it selects", async ({ open }) => {
  const warehouse = await open();
  const writes = [
    "insert into staging_rides values ('b', 1, null)",
    "delete from staging_rides where true",
    "select 1 as a; delete from staging_rides where true",
  ];
  for (const statement of writes) {
    await warehouse.begin("read");
    await assertRejects(() => allRows(warehouse, statement), Error);
    await warehouse.rollback();
  }
  assertEquals(await staged(warehouse), []);
});

test("a read-only transaction refuses to write, in every way", async ({ open }) => {
  const warehouse = await open(true);
  const writer = await open();
  const writes = [
    "insert into staging_rides values ('b', 1, null) returning batch",
    "delete from staging_rides returning batch",
    "create table other (a bigint)",
    "drop table staging_rides",
  ];
  for (const statement of writes) {
    for (const session of [warehouse, writer]) {
      await session.begin("read");
      await assertRejects(() => allRows(session, statement), Error);
      await session.rollback();
    }
  }
  await warehouse.begin("read");
  assertEquals(await staged(warehouse), []);
  await warehouse.rollback();
  assertEquals((await warehouse.relations()).length, 1);
});
