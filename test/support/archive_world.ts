/** Ads that are hard to keep, their archive, and what must be true of both. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import {
  archive,
  type ArchiveOptions,
} from "../../scripts/lib/run/archive_job.ts";
import { drill } from "../../scripts/lib/run/drill.ts";
import {
  restore,
  type RestoreChoice,
} from "../../scripts/lib/run/restore_job.ts";
import { verifyArchive } from "../../scripts/lib/run/verify_archive.ts";
import { migrateMissing } from "../../scripts/lib/run/migrations.ts";
import { openStore } from "../../scripts/lib/store/open_store.ts";
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import type { Row, Value } from "../../scripts/lib/warehouse/warehouse.ts";
import { type Environment, makeEnvironment } from "./environment.ts";
import { quietContext } from "./quiet_context.ts";
import { Random } from "./random.ts";
import { inProcess, type Outcome } from "./run_in_process.ts";

/** The instant from which tests count back. */
export const AS_OF = "2026-03-01T00:00:00.000Z";

/** The rows that an environment must have somewhere: their texts by key. */
export type Rows = Map<string, string>;

/** An environment whose tables are there and empty. */
export async function emptyAds(): Promise<Environment> {
  const environment = await makeEnvironment("postgres");
  await migrateAds(environment);
  return environment;
}

/** Makes the tables of the pipeline. */
export async function migrateAds(environment: Environment): Promise<void> {
  const warehouse = await openWarehouse("postgres", environment.settings);
  const { report } = quietContext(environment);
  await migrateMissing(warehouse, "ads", report);
  await warehouse.close();
}

const TEXTS = [
  "marketing",
  "",
  " ",
  "two\nlines\r\nand a tab\t",
  `"quoted", 'both', \\back\\slashes\\n and \\.`,
  "\u0001\u0002\u001f\u007f\u0085\u2028\ufeff",
  "Ünïcødé 漢字 🦀 e\u0301 \u202eabc",
  '{"not": "parsed"}',
];
const NUMBERS = [null, 0, "-9223372036854775808", "9223372036854775807", 899];
const SCHEMES = [
  null,
  "{}",
  `{"n": 123456789012345678901234567890.000000000000000000000000000001}`,
  `{"a": 1.10, "b": 1e30, "c": -0.0, "d": 0.1, "e": 1E-20, "f": 9007199254740993}`,
  `{"": null, "ключ": ["\\u0001", "\\"", "\\\\", [], {}, [null, true, {"x": {"y": []}}]]}`,
  `[1, "two", null]`,
  `"text"`,
  `${"[".repeat(200)}${"]".repeat(200)}`,
];
const TIMES = ["infinity", "-infinity", "2026-02-01T00:00:00.123456Z"];

/** Inserts seeded rows with hostile values, so many for each of these days. */
export async function insertHostile(
  { settings }: Environment,
  { seed, days, per_day }: { seed: number; days: string[]; per_day: number },
): Promise<void> {
  const random = new Random(seed);
  const warehouse = await openWarehouse("postgres", settings);
  await warehouse.begin();
  for (const day of days) {
    for (let number = 0; number < per_day; number++) {
      const micro = String(random.below(1_000_000)).padStart(6, "0");
      const id = `${day}/${number}${
        random.percent(20) ? random.pick(TEXTS) : ""
      }`;
      const values: Value[] = [
        id,
        random.pick(TEXTS),
        random.pick(NUMBERS),
        random.percent(50),
        random.pick(SCHEMES),
        // A third of the rows share an instant: then the key decides the order.
        `${day}T${
          random.percent(33)
            ? "12:00:00"
            : `0${random.below(10)}:00:59.${micro}`
        }Z`,
        random.pick(TIMES),
        random.pick(TEXTS),
        random.pick(["1", "9223372036854775807", "0"]),
      ];
      await warehouse.execute(
        `insert into ads values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        values,
      );
    }
  }
  await warehouse.commit();
  await warehouse.close();
}

/** Inserts plain rows, as many as one likes, ten seconds apart. */
export async function insertPlain(
  { settings }: Environment,
  { count, from, seconds = 10 }: {
    count: number;
    from: string;
    seconds?: number;
  },
): Promise<void> {
  const warehouse = await openWarehouse("postgres", settings);
  await warehouse.execute(
    `insert into ads
     select md5($3 || n::text), 'brand', n, true, null,
       $2::timestamptz + n * make_interval(secs => $4::float), '2026-02-20T00:00:00Z',
       '20260220T000000.000Z_3f2a91bc4d5e', n
     from generate_series(0, $1::bigint - 1) as n`,
    [count, from, from, seconds],
  );
  await warehouse.close();
}

/** Every column of every row as the database writes it, not as the archive does. */
export async function cells(environment: Environment): Promise<Row[]> {
  return await environment.rows(
    `select ad_id, ad_group, ad_campaign::text, is_campaign_known::text,
       ad_scheme::text, (shown_at at time zone 'UTC')::text as shown_at,
       (inserted_at at time zone 'UTC')::text as inserted_at,
       batch, line_number::text
     from ads order by ad_id`,
  );
}

/** The texts of all rows of the table. */
export async function liveRows(environment: Environment): Promise<Rows> {
  const rows = await environment.rows(
    "select ad_id, to_jsonb(ads)::text as body from ads",
  );
  return new Map(rows.map((row) => [row.ad_id as string, row.body as string]));
}

/** Runs the archive inside this process. */
export function runArchive(
  { settings }: Pick<Environment, "settings">,
  options: Partial<ArchiveOptions> = {},
): Promise<Outcome> {
  return inProcess({ settings }, (context) =>
    archive({
      job: "ads_archive",
      options: {
        as_of: AS_OF,
        older_than_days: null,
        row_limit: null,
        is_dry_run: false,
        ...options,
      },
      context,
    }));
}

/** Reads the whole archive again inside this process. */
export function runVerify({ settings }: Environment): Promise<Outcome> {
  return inProcess(
    { settings },
    (context) => verifyArchive({ job: "ads_archive", context }),
  );
}

/** Brings rows back inside this process, or tries it aside. */
export function runRestore(
  { settings }: Environment,
  choice: RestoreChoice,
  how: typeof restore | typeof drill = restore,
): Promise<Outcome> {
  const job = { job: "ads_restore", archive_job: "ads_archive", choice };
  return inProcess({ settings }, (context) => how({ ...job, context }));
}

/**
 * Every row that must be somewhere is in the table, or its key is listed as archived
 * and the object named there holds it; there is nothing else.
 */
export async function assertNothingLost(
  environment: Environment,
  expected: Rows,
  note = "",
): Promise<void> {
  const live = await liveRows(environment);
  const archived = await environment.rows(
    "select ad_id, object from archived_ads",
  );
  const objects = new Map<string, Rows>();
  for (const { ad_id, object } of archived as Record<string, string>[]) {
    if (!objects.has(object)) {
      objects.set(object, await objectRows(environment, object));
    }
    assert(!live.has(ad_id), `${note}: ${ad_id} is in both`);
    assert(expected.has(ad_id), `${note}: ${ad_id} came from nowhere`);
    assertEquals(objects.get(object)!.get(ad_id), expected.get(ad_id), note);
  }
  const away = new Set(archived.map(({ ad_id }) => ad_id));
  for (const [ad_id, body] of expected) {
    if (!away.has(ad_id)) {
      assertEquals(live.get(ad_id), body, `${note}: ${ad_id}`);
    }
  }
  for (const ad_id of live.keys()) {
    assert(expected.has(ad_id), `${note}: ${ad_id} came from nowhere`);
  }
}

/** The lines of an object, unpacked by other code than ours; it must have a receipt. */
export async function objectRows(
  environment: Environment,
  key: string,
): Promise<Rows> {
  const receipts = await environment.rows(
    `select line_count from sluice_receipts
     where object = '${key}' and event = 'archived'`,
  );
  assert(receipts.length, `${key} has no receipt`);
  const chunks: Uint8Array[] = [];
  for await (
    const chunk of openStore(environment.settings.store_url).get(key)
  ) {
    chunks.push(chunk.slice());
  }
  const lines = gunzipSync(Buffer.concat(chunks)).toString().split("\n");
  assertEquals(lines.pop(), "", key);
  assertEquals(lines.length, Number(receipts[0].line_count), key);
  return new Map(lines.map((line) => [JSON.parse(line).ad_id, line]));
}
