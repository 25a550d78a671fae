/** What a run of ads costs is what its answer costs: nothing reads a large table whole. */
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { readLines } from "../../scripts/lib/bytes/read_lines.ts";
import { Ledger, newRun } from "../../scripts/lib/run/ledger.ts";
import { openJob } from "../../scripts/lib/run/open_job.ts";
import type { Warehouse } from "../../scripts/lib/warehouse/warehouse.ts";
import { makeEnvironment } from "../support/environment.ts";
import { quietContext } from "../support/quiet_context.ts";
import { fullScans, largeTables } from "./plans.ts";

const ROWS = Deno.env.get("REQUIRE_ALL") ? 1_000_000 : 100_000;
const LINES = 100;
const BATCH = "20990403T061200.123Z_3f2a91bc4d5e";
const NEWEST_SECONDS = Date.UTC(2026, 0, 5) / 1000;
const RETENTION_SECONDS = 30 * 86_400;

Deno.test("postgres: no file of ads reads a large table whole", async (test) => {
  await using environment = await makeEnvironment("postgres");
  const { warehouse, files, close } = await openJob(
    "ads",
    quietContext(environment),
  );
  try {
    await fill(warehouse);
    const large = await largeTables(warehouse, ROWS);
    assertEquals([...large].sort(), ["ads", "archived_ads"]);
    await warehouse.begin();
    await warehouse.load(
      { table: "staging_backup", batch: BATCH },
      readLines(ReadableStream.from([new TextEncoder().encode(answer())])),
    );
    await new Ledger(warehouse, newRun("ads")).makeCurrentRun();
    for (const file of files) {
      // A view is looked at when somebody asks, not in a run.
      if (file.verb === "view") {
        for (const { text } of file.statements) await warehouse.execute(text);
        continue;
      }
      const scans: string[] = [];
      for (const { text } of file.statements) {
        scans.push(...await fullScans({ warehouse, text, large }));
        if (!["check", "show"].includes(file.verb)) {
          await warehouse.execute(text);
        }
      }
      await test.step(file.name, () => assertEquals(scans, [], file.path));
    }
    await test.step("every kind of line was among them", async () => {
      const counts: Record<string, number> = {};
      const query =
        "select outcome, count(*) as n from compared_ads group by outcome";
      for await (const { outcome, n } of warehouse.rows(query)) {
        counts[String(outcome)] = Number(n);
      }
      assertEquals(counts, { inserted: 80, older: 10, unchanged: 10 });
    });
    await test.step("a full scan would have been seen", async () => {
      const text = "select count(*) as n from ads where ad_group = 'brand'";
      assertEquals(await fullScans({ warehouse, text, large }), ["ads"]);
    });
    await warehouse.rollback();
  } finally {
    await close();
  }
});

/** As many ads as a month brings, and as many in the archive. */
async function fill(warehouse: Warehouse): Promise<void> {
  await warehouse.execute(
    `insert into ads
     select
         ${uuid("number")}, 'brand', number, true, null,
         to_timestamp(${NEWEST_SECONDS} - number::bigint * ${RETENTION_SECONDS} / ${ROWS}),
         '2026-01-05T00:00:00Z', '20260101T000000.000Z_000000000000', number
     from generate_series(0, ${ROWS - 1}) as numbers (number)`,
  );
  await warehouse.execute(
    `insert into archived_ads
     select ${uuid(`number + ${ROWS}`)}, '2025-12-01', 'archive/x'
     from generate_series(0, ${ROWS - 1}) as numbers (number)`,
  );
}

function uuid(number: string): string {
  return `md5((${number})::text)::uuid::text`;
}

/** Ads of which some are here, some are archived and most are new. */
function answer(): string {
  const lines = Array.from({ length: LINES }, (_, index) => {
    const number = index < 20
      ? (index < 10 ? index : ROWS + index)
      : -1 - index;
    return { number, index };
  });
  return lines.map(({ number, index }) =>
    JSON.stringify({
      ad_id: md5Uuid(String(number)),
      ad_group: "brand",
      ad_campaign: number,
      shown_at: NEWEST_SECONDS -
        Math.floor(index * RETENTION_SECONDS / ROWS),
    })
  ).join("\n");
}

/** The uuid that PostgreSQL makes of the same text. */
function md5Uuid(text: string): string {
  return createHash("md5").update(text).digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
