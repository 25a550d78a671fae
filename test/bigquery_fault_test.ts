/** What goes wrong between us and BigQuery: each load and each statement counts once. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openWarehouse } from "../scripts/lib/warehouse/open_warehouse.ts";
import { allRows, type Warehouse } from "../scripts/lib/warehouse/warehouse.ts";
import { linesOf } from "./lib/warehouse/lines_of.ts";
import { stream } from "./lib/warehouse/in_warehouse.ts";
import type { JobFault } from "./support/bigquery_front.ts";
import {
  type BigqueryServer,
  bigqueryTest,
  sharedBigqueryServer,
} from "./support/bigquery_server.ts";
import { type Fault, FaultProxy, type Rule } from "./support/fault_proxy.ts";

const BUSY = JSON.stringify({
  error: {
    code: 403,
    message: "Exceeded rate limits",
    errors: [{ reason: "rateLimitExceeded", message: "Exceeded rate limits" }],
  },
});

/** The calls of the service that a run makes. */
const CALLS: Record<string, Omit<Rule, "fault">> = {
  "a statement": { method: "POST", target: /\/jobs$/ },
  "the start of an upload": { method: "POST", target: /^\/upload/ },
  "an upload": { method: "PUT", target: /^\/upload/ },
  "rows": { method: "GET", target: /\/queries\// },
};

const FAULTS: Record<string, Fault> = {
  "503 before it arrives": { kind: "answer", status: 503 },
  "503 after it arrived": { kind: "lie", status: 503 },
  "a rate limit": { kind: "answer", status: 403, body: BUSY },
  "a reset": { kind: "reset" },
  "a dropped answer": { kind: "dropped" },
  "the same again": { kind: "duplicate" },
};

for (const [call, rule] of Object.entries(CALLS)) {
  bigqueryTest(`${call}: whatever happens to it counts once`, async (t) => {
    await using place = await Place.make();
    for (const [what, fault] of Object.entries(FAULTS)) {
      await t.step(what, async () => {
        place.start();
        // The first, and later one whose answer is awaited in the transaction.
        place.proxy.add({ ...rule, hits: [1, 4], fault });
        await place.run();
        await place.assertOnce();
      });
    }
  });
}

const JOB_FAULTS: Record<string, JobFault> = {
  "slow polls": { kind: "slow", polls: 3 },
  "a failure that used up the id": { kind: "fails", reason: "backendError" },
};

bigqueryTest(
  "a job that is slow, or fails by itself, loads once",
  async (t) => {
    await using place = await Place.make();
    for (const [what, fault] of Object.entries(JOB_FAULTS)) {
      await t.step(what, async () => {
        place.start();
        place.server.front.add({
          matches: /^staging_rides$/,
          hits: [1],
          fault,
        });
        await place.run();
        await place.assertOnce();
      });
    }
  },
);

bigqueryTest(
  "a load that fails for good leaves nothing, and the next one loads",
  async () => {
    await using place = await Place.make();
    place.start();
    place.server.front.add({
      matches: /^staging_rides$/,
      hits: [1],
      fault: { kind: "fails", reason: "invalid", message: "no such thing" },
    });
    await assertRejects(() => place.run(), Error, "no such thing");
    assertEquals(await place.counts(), { staged: 0, rides: 0 });
    await place.run();
    await place.assertOnce();
  },
);

bigqueryTest(
  "rows that were taken out are loaded again, under another id",
  async () => {
    await using place = await Place.make();
    place.start();
    for (let times = 1; times < 4; times++) {
      await place.run();
      await place.assertOnce(times);
      await place.warehouse.execute("delete from staging_rides where true");
      await place.warehouse.execute("delete from rides where true");
    }
  },
);

bigqueryTest("what a killed run has loaded is not loaded again", async () => {
  await using place = await Place.make();
  place.start();
  await place.load();
  // Neither committed nor taken back: as if the process were gone.
  await place.openAgain();
  await place.run();
  await place.assertOnce();
});

bigqueryTest(
  "what two versions have loaded differently is found and taken out",
  async () => {
    await using place = await Place.make();
    place.start();
    await place.warehouse.execute(
      "insert into staging_rides values ('b1', 2, 'of another cut')",
    );
    await assertRejects(
      () => place.run(),
      RangeError,
      "expected 3 rows, found 4",
    );
    assertEquals(await place.counts(), { staged: 0, rides: 0 });
    await place.run();
    assertEquals(await place.counts(), { staged: 3, rides: 3 });
  },
);

bigqueryTest("a service that stays out of order is given up", async () => {
  await using place = await Place.make();
  place.start();
  place.proxy.add({
    method: "POST",
    target: /\/jobs$/,
    fault: { kind: "answer", status: 503 },
  });
  await assertRejects(() => place.run(), Error);
  assert(place.proxy.count("POST", /\/jobs$/) >= 6);
  place.proxy.clear();
  assertEquals(await place.counts(), { staged: 0, rides: 0 });
});

/** A staging table, a kept table, and a proxy before them. */
class Place {
  warehouse!: Warehouse;

  private constructor(
    readonly server: BigqueryServer,
    readonly proxy: FaultProxy,
    readonly home: string,
    readonly url: string,
  ) {}

  static async make(): Promise<Place> {
    const server = await sharedBigqueryServer();
    const proxy = FaultProxy.start(server.front.url);
    const own = new URL(await server.makeDataset());
    const dataset = own.searchParams.get("dataset")!;
    const home = await Deno.makeTempDir({ prefix: "sluice_test_" });
    const url = server.url(dataset, proxy.url);
    const place = new Place(server, proxy, home, url);
    await place.openAgain();
    for (
      const table of [
        "staging_rides (batch string, line_number int64, body string)",
        "rides (line_number int64, body string)",
      ]
    ) await place.warehouse.execute(`create table ${table}`);
    return place;
  }

  /** Forgets what happened before. */
  start(): void {
    this.proxy.clear();
    this.server.front.clear();
  }

  /** Another session; the one before is left as a killed run would leave it. */
  async openAgain(): Promise<void> {
    this.warehouse = await openWarehouse("bigquery", {
      home: this.home,
      sqlite_path: "",
      postgres_url: undefined,
      bigquery_url: this.url,
    });
  }

  /** Loads three lines, and puts them into the kept table. */
  async run(): Promise<void> {
    const { warehouse } = this;
    try {
      await warehouse.begin();
      await this.load();
      await warehouse.commit();
      await warehouse.begin();
      await warehouse.execute(
        "insert into rides select line_number, body from staging_rides",
      );
      assertEquals(await allRows(warehouse, "select 1 as a"), [{ a: 1 }]);
      await warehouse.commit();
    } catch (error) {
      await warehouse.rollback();
      throw error;
    }
  }

  async load(): Promise<void> {
    await this.warehouse.load(
      { table: "staging_rides", batch: "b1" },
      stream(linesOf(["one", "two", "three"])),
    );
  }

  /** Every line is there once, and so is each job that wrote. */
  async assertOnce(loads = 1): Promise<void> {
    const { ran } = this.server.front;
    assertEquals(await this.counts(), { staged: 3, rides: 3 });
    assertEquals(ran.filter(({ table }) => table).length, loads);
    const inserts = ran.filter(({ statement }) =>
      /^insert/.test(statement ?? "")
    );
    assertEquals(inserts.length, loads);
    if (loads > 1) return;
    await this.warehouse.execute("delete from staging_rides where true");
    await this.warehouse.execute("delete from rides where true");
  }

  async counts(): Promise<{ staged: number; rides: number }> {
    const [row] = await allRows(
      this.warehouse,
      `select
         (select count(*) from staging_rides) as staged,
         (select count(*) from rides) as rides`,
    );
    return row as { staged: number; rides: number };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.start();
    await this.warehouse.close();
    this.proxy[Symbol.dispose]();
    const dataset = new URL(this.url).searchParams.get("dataset")!;
    await this.server.removeDataset(dataset);
    await Deno.remove(this.home, { recursive: true });
  }
}
