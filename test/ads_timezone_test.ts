/** When an ad was shown does not depend on where a session believes to be. */
import { assert, assertEquals } from "@std/assert";
import { readLines } from "../scripts/lib/bytes/read_lines.ts";
import { Ledger, newRun } from "../scripts/lib/run/ledger.ts";
import { openJob } from "../scripts/lib/run/open_job.ts";
import { allRows } from "../scripts/lib/warehouse/warehouse.ts";
import { makeEnvironment } from "./support/environment.ts";
import { quietContext } from "./support/quiet_context.ts";

const BATCH = "20260405T120000.000Z_3f2a91bc4d5e";

/** Where clocks stand by half hours, change, or are a day ahead. */
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
];

/** Both ends of summer time in several places, ends of days, months and years. */
const TIMES = [
  "1743296399.999",
  "1743296400",
  "1761440399.9995",
  "1761440400",
  "1767225599.9994",
  "1767225599.9995",
  "1709164800.5",
  "1743865200.25",
  "1743867000.25",
  "1775390400",
  // More than a day after the answer landed, by a millisecond.
  "1775476800",
  "1775476800.001",
];

const QUERIES = [
  `select ad_id, cast(extract(epoch from shown_at) as text) as shown_at
   from ads order by ad_id`,
  `select cast(shown_date as text) as shown_date, ad_count
   from team_ads_per_day order by shown_date`,
  `select cast(shown_date as text) as shown_date, ad_count
   from team_ads_unknown_campaigns order by shown_date`,
  `select cast(loaded_date as text) as loaded_date, ad_count,
     max_delay_seconds
   from team_ads_delay`,
  "select line_number, reason from clean_ads where reason is not null",
];

Deno.test("ads: rows and days are the same in every time zone", async () => {
  await using environment = await makeEnvironment("postgres");
  const { warehouse, files, close } = await openJob(
    "ads",
    quietContext(environment),
  );
  const made: Record<string, unknown[]> = {};
  try {
    for (const zone of ZONES) {
      await warehouse.execute(`set timezone to '${zone}'`);
      await warehouse.execute("set datestyle to 'SQL, DMY'");
      await warehouse.begin();
      await warehouse.load(
        { table: "staging_backup", batch: BATCH },
        readLines(ReadableStream.from([new TextEncoder().encode(answer())])),
      );
      const run = {
        ...newRun("ads"),
        started_at: "2026-04-05T23:30:00.000Z",
      };
      await new Ledger(warehouse, run).makeCurrentRun();
      for (const { verb, statements } of files) {
        if (["check", "show"].includes(verb)) continue;
        for (const { text } of statements) await warehouse.execute(text);
      }
      made[zone] = [];
      for (const query of QUERIES) {
        made[zone].push(await allRows(warehouse, query));
      }
      await warehouse.rollback();
    }
  } finally {
    await close();
  }
  const [ads, , , , rejected] = made.UTC as { shown_at: string }[][];
  assertEquals(ads.length, TIMES.length - 1);
  assertEquals(ads[2].shown_at, "1761440400.000000");
  assertEquals(rejected.length, 1);
  for (const zone of ZONES) assertEquals(made[zone], made.UTC, zone);
  assert(Object.keys(made).length === ZONES.length);
});

function answer(): string {
  const ads = TIMES.map((time, index) =>
    `{"ad_id": "${
      String(index).padStart(8, "0")
    }-0000-4000-8000-000000000000", "ad_group": "brand", "ad_campaign": 1, "shown_at": ${time}}`
  );
  return `[${ads.join(",\n")}]`;
}
