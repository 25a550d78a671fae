/** What a day of the catalog costs is what its rows cost: no other day is read. */
import { assertEquals } from "@std/assert";
import { readLines } from "../../scripts/lib/bytes/read_lines.ts";
import { Ledger, newRun } from "../../scripts/lib/run/ledger.ts";
import { openJob } from "../../scripts/lib/run/open_job.ts";
import type { Warehouse } from "../../scripts/lib/warehouse/warehouse.ts";
import { makeEnvironment } from "../support/environment.ts";
import { quietContext } from "../support/quiet_context.ts";
import { fullScans, largeTables } from "./plans.ts";

const DAYS = 100;
const ROWS_PER_DAY = 1000;
const DAY = "2021-01-05";
const VIEWS = [
  "team_a_products_with_image",
  "team_b_samsung_without_image_after_2000",
];

/** A new day, one that is replaced, one that is there and an older delivery. */
const BATCHES: [time: string, day: string, outcome: string][] = [
  ["20990403T061200.123Z", "2099-04-03", "inserted"],
  ["20990403T061200.124Z", "2021-01-06", "replaced"],
  ["20210101T000000.000Z", "2021-01-07", "unchanged"],
  ["20200101T000000.000Z", "2021-01-08", "older"],
];

Deno.test("sqlite: no file of catalog reads a day that did not come", async (test) => {
  await using environment = await makeEnvironment("sqlite");
  const { warehouse, files, close } = await openJob(
    "catalog",
    quietContext(environment),
  );
  try {
    await fill(warehouse);
    const large = await largeTables(warehouse, DAYS * ROWS_PER_DAY);
    assertEquals([...large], ["catalog"]);
    await warehouse.begin();
    for (const [time, day] of BATCHES) {
      await warehouse.load(
        { table: "staging_catalog", batch: `${time}_000000000000_${day}` },
        readLines(ReadableStream.from([new TextEncoder().encode(ROWS)])),
      );
    }
    await new Ledger(warehouse, newRun("catalog")).makeCurrentRun();
    for (const file of files) {
      const scans: string[] = [];
      for (const { text } of file.statements) {
        if (file.verb !== "view") {
          scans.push(...await fullScans({ warehouse, text, large }));
        }
        if (!["check", "show"].includes(file.verb)) {
          await warehouse.execute(text);
        }
      }
      await test.step(file.name, () => assertEquals(scans, [], file.path));
    }
    await test.step("every kind of delivery was among them", async () => {
      const outcomes: unknown[] = [];
      const query = "select outcome from compared_batches order by batch desc";
      for await (const row of warehouse.rows(query)) outcomes.push(row.outcome);
      assertEquals(outcomes.sort(), BATCHES.map(([, , one]) => one).sort());
    });
    await test.step("a team that asks for a day, or the latest one, reads that day", async () => {
      for (const view of VIEWS) {
        for (const rest of [` where catalog_date = '${DAY}'`, "_latest"]) {
          const text = `select * from ${view}${rest}`;
          assertEquals(await fullScans({ warehouse, text, large }), [], text);
        }
      }
    });
    await test.step("a full scan would have been seen", async () => {
      const text = `select * from ${VIEWS[0]}`;
      assertEquals(await fullScans({ warehouse, text, large }), ["catalog"]);
    });
    await warehouse.rollback();
  } finally {
    await close();
  }
});

const ROWS = Array.from({ length: 10 }, () =>
  JSON.stringify({
    brand: "Samsung",
    category_id: "12",
    comment: "",
    currency: "EUR",
    description: "",
    image: "",
    year_release: "2001",
  })).join("\n");

/** Days from the first of 2021 on, each of one batch. */
async function fill(warehouse: Warehouse): Promise<void> {
  const day = `date('2021-01-01', '+' || day || ' days')`;
  const batch = `'20210101T000000.000Z_000000000000_' || ${day}`;
  const days = `with recursive days (day) as (
    select 0 union all select day + 1 from days where day + 1 < ${DAYS}
  ), lines (line) as (
    select 2 union all select line + 1 from lines where line <= ${ROWS_PER_DAY}
  )`;
  await warehouse.execute(
    `insert into catalog ${days} select ${day}, 'Samsung', '12', '', 'EUR', '',
       case when line % 2 then 'x' end, 2001, ${batch}, line
     from days cross join lines`,
  );
  await warehouse.execute(
    `insert into products_per_day ${days}
     select ${day}, ${ROWS_PER_DAY}, 1, 1, ${batch} from days`,
  );
}
