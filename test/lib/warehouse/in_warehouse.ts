/** Runs a test in a warehouse of its own, in each dialect. */
import { openWarehouse } from "../../../scripts/lib/warehouse/open_warehouse.ts";
import {
  allRows,
  type StagingLines,
  type Warehouse,
} from "../../../scripts/lib/warehouse/warehouse.ts";
import {
  makeEnvironment,
  missing,
  type TestWarehouse,
  WAREHOUSES,
} from "../../support/environment.ts";

/** A warehouse of one test's own, and another session in it. */
export interface Made {
  warehouse: Warehouse;
  /** How the dialect calls text. */
  text: string;
  open(readonly?: boolean): Promise<Warehouse>;
  /** Ends a session before the test does. */
  close(session: Warehouse): Promise<void>;
}

/** Registers a test that every dialect has to pass. */
export function test(
  sentence: string,
  story: (made: Made) => Promise<void>,
): void {
  for (const dialect of WAREHOUSES) {
    const reason = missing(dialect);
    Deno.test({
      name: `${sentence} (${reason ?? dialect})`,
      ignore: reason !== undefined,
      fn: () => inWarehouse(dialect, story),
    });
  }
}

async function inWarehouse(
  dialect: TestWarehouse,
  story: (made: Made) => Promise<void>,
): Promise<void> {
  await using environment = await makeEnvironment(dialect);
  const { settings } = environment;
  const opened = new Set<Warehouse>();
  const open = async (readonly = false) => {
    const session = await openWarehouse(dialect, { ...settings, readonly });
    opened.add(session);
    return session;
  };
  const close = async (session: Warehouse) => {
    opened.delete(session);
    await session.close();
  };
  const warehouse = await open();
  const text = dialect === "bigquery" ? "string" : "text";
  try {
    if (dialect === "postgres") {
      const { searchParams } = new URL(settings.postgres_url!);
      await warehouse.execute(`create schema ${searchParams.get("schema")}`);
    }
    await warehouse.execute(
      `create table staging_rides (
         batch ${text} not null, line_number bigint not null, body ${text}
       )`,
    );
    await story({ warehouse, text, open, close });
  } finally {
    for (const one of opened) await one.close();
  }
}

/** Where the tests load to. */
export const TARGET = { table: "staging_rides", batch: "b1" };

/** Blocks as a stream. */
export async function* stream(
  ...blocks: StagingLines[]
): AsyncGenerator<StagingLines> {
  for (const block of blocks) yield await Promise.resolve(block);
}

/** All staged rows in order of their lines. */
export function staged(warehouse: Warehouse) {
  return allRows(
    warehouse,
    "select batch, line_number, body from staging_rides order by line_number",
  );
}
