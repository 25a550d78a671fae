import { assertEquals } from "@std/assert";
import Database from "better-sqlite3";
import { locateError } from "../../../scripts/lib/warehouse/sqlite_error.ts";

/** The statement with `«` before the place at which SQLite is to have stumbled. */
function locates(marked: string, setup = "create table rides (ride_id, dock)") {
  const db = new Database(":memory:");
  try {
    db.exec(setup);
    const statement = marked.replace("«", "");
    let message: string | undefined;
    try {
      db.prepare(statement);
    } catch (error) {
      message = (error as Error).message;
    }
    assertEquals(message === undefined, false, "the statement is right");
    const offset = locateError(db, statement, message!);
    const found = offset === undefined
      ? statement
      : `${statement.slice(0, offset)}«${statement.slice(offset)}`;
    assertEquals(found, marked, message);
  } finally {
    db.close();
  }
}

Deno.test("a syntax error is located at the token that cannot stand there", () => {
  locates("select ride_id\nform «rides fro");
  locates("select ride_id from rides where «group by 1");
  locates("select 'near', ride_id from rides order «ride_id");
  locates("select (ride_id «from rides");
});

Deno.test("the same token is right at first and wrong later", () => {
  locates("select (select 1 from rides), 2 from rides «from rides");
  locates("select 1 as a, 2 as b «as c");
});

Deno.test("an unknown column is located, not its namesakes", () => {
  locates("select «colour from rides");
  locates("select 'colour', ride_id -- colour\nfrom rides where «colour = 1");
  locates("select 1 as colour, «colour from rides");
  locates("select rides.ride_id, «rides.colour from rides");
  locates(
    "with a as (select 1 as colour) select colour, (select «rides.colour from rides) from a",
  );
});

Deno.test("with several candidates the one is located that is wrong", () => {
  locates(
    "with a as (select 1 as kind), b as (select 2 as other) select a.kind, «b.kind from a join b on true",
  );
});

Deno.test("an unknown table is located where it is read", () => {
  locates("select docks from (select 1 as docks) join «docks on true");
  locates("select 'docks' as a from rides join «docks on true");
  locates("insert into «docks select 1");
});

Deno.test("an unknown function is located where it is called", () => {
  locates("select lower(dock), «lowest(dock) from rides");
  locates("select dock as lowest, «lowest(dock) from rides");
});

Deno.test("an ambiguous column is located", () => {
  locates(
    "select rides.dock, «dock from rides join rides as other on true",
  );
});

Deno.test("text that ends too soon is located at its end", () => {
  locates("select ride_id from rides where (ride_id = 1«");
  locates("select ride_id from rides where dock = «'x");
});

Deno.test("what has no place has none", () => {
  const db = new Database(":memory:");
  assertEquals(locateError(db, "select 1", "database is locked"), undefined);
  db.close();
});
