/** Archiving with proof, against the same lines taken away without. */
import type { Dialect } from "../../scripts/lib/warehouse/warehouse.ts";
import { S3_MISSING, S3Server } from "../support/s3_server.ts";
import {
  type Command,
  inTurns,
  type Result,
  run,
  type Way,
} from "./measure.ts";
import type { Place, Places } from "./places.ts";

/** What the parts of the pipeline are given. */
export interface AdsBench {
  places: Places;
  rows: number;
  rounds: number;
}

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** As long as the names that ours gives. */
const KEY =
  "archive/shown_date=2026-01-01/0123456789abcdef0123456789abcdef.jsonl.gz";
const AS_OF = "2026-03-01T00:00:00Z";
/** What is archived was shown in these days, all of them older than the retention. */
const DAYS = 30;

/** Into a folder. */
export async function archiveToFolder(
  dialect: Dialect,
  bench: AdsBench,
): Promise<Record<string, Result>> {
  const ours = bench.places.place(dialect, "archive");
  const native = bench.places.place(dialect, "archive_floor");
  return await inTurns(bench.rounds, {
    ours: proven(ours, bench, { ADS_STORE_URL: `file:${ours.folder}/store` }),
    native: unproven(native, bench, { upload: copyOf(native) }),
    "native, with the list": unproven(native, bench, {
      upload: copyOf(native),
      has_list: true,
    }),
  });
}

/** Into the S3 server that tests use, where it is installed. */
export async function archiveToS3(
  dialect: Dialect,
  bench: AdsBench,
): Promise<Record<string, Result>> {
  if (S3_MISSING) {
    console.error(`  left out: ${S3_MISSING}`);
    return {};
  }
  const ours = bench.places.place(dialect, "archive");
  const native = bench.places.place(dialect, "archive_floor");
  await using server = await S3Server.start();
  const bucket = await server.makeBucket();
  const upload = ["run", "-qA", "test/bench/upload.ts"];
  return await inTurns(bench.rounds, {
    ours: proven(ours, bench, {
      ...server.environment(),
      ADS_STORE_URL: server.url(bucket),
    }),
    native: unproven(native, bench, {
      upload: {
        program: Deno.execPath(),
        args: [...upload, `${native.folder}/ads.gz`, bucket, "ads.gz"],
        cwd: ROOT,
        env: server.environment(),
      },
    }),
  });
}

/** What an upload into a folder is. */
function copyOf({ folder }: Place): Command {
  const copy = `${folder}/stored.gz`;
  return {
    program: "sh",
    args: ["-c", `cp ${folder}/ads.gz ${copy} && sync ${copy}`],
  };
}

function proven(
  place: Place,
  { rows }: AdsBench,
  env: Record<string, string>,
): Way {
  return {
    prepare: (round) => fill(place, { rows, round }),
    commands: () => [{
      program: Deno.execPath(),
      args: [
        "run",
        "-qA",
        "--v8-flags=--max-semi-space-size=1",
        "scripts/ads_archive.ts",
        `--as-of=${AS_OF}`,
      ],
      cwd: ROOT,
      env: { ...place.env, ...env },
    }],
  };
}

function unproven(
  place: Place,
  { rows }: AdsBench,
  { upload, has_list = false }: { upload: Command; has_list?: boolean },
): Way {
  const old = `shown_at < '${AS_OF}'::timestamptz - interval '30 days'`;
  return {
    prepare: (round) => fill(place, { rows, round }),
    commands: () => [
      place.native(
        `\\copy (select to_jsonb(ads)::text from ads where ${old}) to program 'gzip -1 > ${place.folder}/ads.gz'\n`,
      ),
      upload,
      place.native(
        has_list
          ? `with deleted as (
               delete from ads where ${old} returning ad_id, shown_at
             )
             insert into archived_ads (ad_id, shown_date, object)
             select ad_id, (shown_at at time zone 'UTC')::date, '${KEY}'
             from deleted;`
          : `delete from ads where ${old};`,
      ),
    ],
  };
}

/** Empties the place and makes the rows, in the proportions of the real ones. */
async function fill(
  place: Place,
  { rows, round }: { rows: number; round: number },
): Promise<void> {
  await place.reset();
  await run({
    program: Deno.execPath(),
    args: [
      "run",
      "-qA",
      "scripts/commands/migrate.ts",
      "ads",
      "--warehouse",
      "postgres",
    ],
    cwd: ROOT,
    env: place.env,
  });
  await place.execute(`
insert into ads
select
    -- Each round has ads of its own: an object of an earlier one is no help.
    overlay(md5(n || ' ${round}') placing '-4000-8' from 9 for 7) || '${round}',
    (array['marketing', 'brand', 'sales', 'social'])[1 + n % 4],
    case when n % 2 = 0 then n % 1000 end,
    n % 2 = 0,
    case when n % 10 = 0 then '{"origin": "manual", "approved": true}'::jsonb end,
    '2026-01-01T00:00:00Z'::timestamptz + n * interval '${DAYS} days' / ${rows}
        - interval '1 ms',
    '2026-01-31T00:12:00Z',
    '20260131T001200.123Z_3f2a91bc4d5e',
    n
from generate_series(1, ${rows}) as n;
`);
  await place.execute("vacuum analyze ads;");
  await place.execute("checkpoint;");
}
