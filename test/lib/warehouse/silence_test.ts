/** A server that is there and says nothing ends a run, it does not hang it. */
import { assert, assertMatch, assertRejects } from "@std/assert";
import { openPostgres } from "../../../scripts/lib/warehouse/postgres.ts";
import {
  allRows,
  type Warehouse,
} from "../../../scripts/lib/warehouse/warehouse.ts";
import { testServerUrl } from "../../support/environment.ts";

const DEADLINES = { connect_ms: 1_000, quick_ms: 500, statement_ms: 1_000 };

/** Passes everything on to the test server, until it is told to be silent. */
async function startWire() {
  const url = new URL(await testServerUrl());
  const port = Number(url.port);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ends: Deno.Conn[] = [];
  const state = { is_silent: false };
  const pass = async (from: Deno.Conn, to: Deno.Conn) => {
    const chunk = new Uint8Array(64 * 1024);
    try {
      while (true) {
        const size = await from.read(chunk);
        if (size === null) break;
        for (let at = 0; at < size && !state.is_silent;) {
          at += await to.write(chunk.subarray(at, size));
        }
      }
    } catch {
      // Whoever ends it first.
    }
  };
  const passing: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      ends.push(client, server);
      passing.push(pass(client, server), pass(server, client));
    }
  })();
  url.port = String((listener.addr as Deno.NetAddr).port);
  return {
    url: url.href,
    state,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const end of ends) {
        try {
          end.close();
        } catch {
          // It is closed.
        }
      }
      await accepting.catch(() => {});
      await Promise.all(passing);
    },
  };
}

const QUESTIONS: [string, (warehouse: Warehouse) => Promise<unknown>][] = [
  ["a lock", (warehouse) => warehouse.lock("rides")],
  ["a begin", (warehouse) => warehouse.begin()],
  ["a commit", (warehouse) => warehouse.commit()],
  [
    "a read of the ledger",
    (warehouse) => allRows(warehouse, "select $1 as batch", ["one"]),
  ],
  [
    "a line of the ledger",
    (warehouse) =>
      warehouse.execute("select set_config('sluice.test', $1, false)", ["one"]),
  ],
  ["a statement of a file", (warehouse) => warehouse.execute("select 1")],
  ["the rows of a file", (warehouse) => allRows(warehouse, "select 1 as one")],
];

for (const [what, ask] of QUESTIONS) {
  Deno.test(`${what} that is never answered ends at its deadline`, async () => {
    await using wire = await startWire();
    const warehouse = await openPostgres({
      url: wire.url,
      migration_lock: "",
      deadlines: DEADLINES,
    });
    try {
      await ask(warehouse).catch(() => {});
      if (what !== "a begin") await warehouse.rollback().catch(() => {});
      wire.state.is_silent = true;
      const start = performance.now();
      const error = await assertRejects(() => ask(warehouse), Error);
      assert(performance.now() - start < 3_000);
      assertMatch(
        error.message,
        /^Cannot go on with PostgreSQL 127\.0\.0\.1:\d+\/\w+: the connection was lost: expected an answer of the server within (0\.5|1) s, found none$/,
      );
      // What became of the question nobody knows: nothing more is asked.
      const again = performance.now();
      await assertRejects(() => warehouse.rollback(), Error, "was lost");
      assert(performance.now() - again < 100);
    } finally {
      await warehouse.close();
    }
  });
}

Deno.test("a session that never stands ends at its deadline", async () => {
  await using wire = await startWire();
  wire.state.is_silent = true;
  const start = performance.now();
  await assertRejects(
    () =>
      openPostgres({
        url: wire.url,
        migration_lock: "",
        deadlines: DEADLINES,
      }),
    Error,
    "expected an answer of the server within 1 s, found none",
  );
  assert(performance.now() - start < 3_000);
});

Deno.test("a statement that takes longer than a quick one may is waited for", async () => {
  const warehouse = await openPostgres({
    url: await testServerUrl(),
    migration_lock: "",
    deadlines: { quick_ms: 200 },
  });
  await warehouse.execute("select pg_sleep(0.5)");
  await allRows(warehouse, "select pg_sleep(0.5) is null as is_done");
  await warehouse.close();
});
