/** Stops a statement in its middle: at one row of a table, until the test is done. */
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import {
  allRows,
  type Warehouse,
} from "../../scripts/lib/warehouse/warehouse.ts";
import type { Environment } from "./environment.ts";

/** Where a statement is to stop: before it does this to the row of this line. */
export interface Middle {
  table: string;
  event: "insert" | "delete";
  line_number: number;
}

/** Starts something, does something else where it stops, and lets it go on. */
export async function inTheMiddle<T>(
  { settings }: Environment,
  { table, event, line_number }: Middle,
  { start, story }: {
    start: () => { finished: Promise<T> };
    story: () => Promise<void>;
  },
): Promise<T> {
  const key = crypto.getRandomValues(new Uint32Array(1))[0];
  const warehouse = await openWarehouse("postgres", settings);
  try {
    for (
      const statement of [
        // A job waits for a lock no longer than five seconds; the story may take more.
        `create function wait_here() returns trigger language plpgsql
         set lock_timeout = 0 as $$
         begin
           if tg_op = 'DELETE' then new := old; end if;
           if new.line_number = ${line_number} then
             perform pg_advisory_xact_lock(${key});
           end if;
           return new;
         end $$`,
        `create trigger wait_here before ${event} on ${table}
         for each row execute function wait_here()`,
        `select pg_advisory_lock(${key})`,
      ]
    ) await warehouse.execute(statement);
    const started = start();
    const over = started.finished.then((end) => {
      throw new Error(`it ended before it waited: ${JSON.stringify(end)}`);
    });
    await Promise.race([isWaiting(warehouse, key), over]);
    over.catch(() => {});
    try {
      await story();
    } finally {
      // The story may have stopped the server.
      await warehouse.execute("select pg_advisory_unlock($1)", [key])
        .catch(() => {});
    }
    return await started.finished;
  } finally {
    await warehouse.close();
  }
}

/** Lets such statements run through again. */
export async function removeMiddle(
  { settings }: Environment,
  { table }: Middle,
): Promise<void> {
  const warehouse = await openWarehouse("postgres", settings);
  await warehouse.execute(`drop trigger wait_here on ${table}`);
  await warehouse.execute("drop function wait_here");
  await warehouse.close();
}

async function isWaiting(warehouse: Warehouse, key: number): Promise<void> {
  while (true) {
    const waiting = await allRows(
      warehouse,
      `select 1 from pg_locks
       where locktype = 'advisory' and not granted and objid::bigint = $1
         and classid = 0`,
      [key],
    );
    if (waiting.length) return;
    await new Promise((wake) => setTimeout(wake, 10));
  }
}
