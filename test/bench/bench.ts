/**
 * bench: measures a pipeline against the database's own tools, in turns.
 *
 *   deno task bench posts
 *   deno task bench ads
 *   deno task bench catalog
 *
 * The same work is done by us and by psql or sqlite3, A B A B …, start-up of
 * every process included; what is compared are the medians. It needs psql and
 * sqlite3, and keeps its input and its databases in .sluice/bench.
 */
import { main } from "../../scripts/lib/cli/main.ts";
import { oneOf } from "../../scripts/lib/cli/names.ts";
import type { Dialect } from "../../scripts/lib/warehouse/warehouse.ts";
import { type AdsBench, archiveToFolder, archiveToS3 } from "./archive.ts";
import { type CatalogBench, catalogJob, parseCsv } from "./catalog.ts";
import { DELIVERIES, makeInputs } from "./inputs.ts";
import { run } from "./measure.ts";
import * as parts from "./parts.ts";
import { openPlaces } from "./places.ts";

/** What is measured, in this order: the increments come onto what the part before left. */
const PARTS: Record<
  string,
  Record<
    string,
    (dialect: Dialect, bench: parts.Bench) => Promise<parts.PartResults>
  >
> = {
  raw: { "raw load": parts.rawLoad },
  bare: { "bare job": parts.bareJob, "bare job, later": parts.bareIncrements },
  posts: {
    "whole posts job": parts.postsJob,
    "whole posts job, later": parts.postsIncrements,
  },
};

/** The same for the ads: every part makes its own input. */
const ADS_PARTS: Record<
  string,
  Record<
    string,
    (dialect: Dialect, bench: AdsBench) => Promise<parts.PartResults>
  >
> = {
  archive: {
    "archiving with proof, folder": archiveToFolder,
    "archiving with proof, S3": archiveToS3,
  },
};

/** And for a day of the catalog. */
const CATALOG_PARTS: Record<
  string,
  Record<
    string,
    (dialect: Dialect, bench: CatalogBench) => Promise<parts.PartResults>
  >
> = {
  parse: { "reading CSV": parseCsv },
  catalog: { "whole catalog job": catalogJob },
};

const DIALECTS: Dialect[] = ["sqlite", "postgres"];

/** What is measured of each pipeline, where, and with how many rows. */
const PIPELINES: Record<
  string,
  { known: object; dialects: Dialect[]; rows: number }
> = {
  posts: { known: PARTS, dialects: DIALECTS, rows: 1_000_000 },
  ads: { known: ADS_PARTS, dialects: ["postgres"], rows: 1_000_000 },
  catalog: { known: CATALOG_PARTS, dialects: ["sqlite"], rows: 500_000 },
};

await main(
  {
    arguments: ["<pipeline>"],
    flags: {
      rows: {
        kind: "text",
        help:
          "--rows <number>      how many votes or ads, 1000000 unless told; products, 500000",
      },
      rounds: {
        kind: "text",
        help:
          `--rounds <number>    how often, 5 unless told, ${DELIVERIES} at most`,
      },
      seed: {
        kind: "text",
        help: "--seed <number>      of the input, 1 unless told",
      },
      part: {
        kind: "text",
        help:
          "--part <name>        raw, bare or posts; archive; parse or catalog; all unless told",
      },
      warehouse: {
        kind: "text",
        help: "--warehouse <name>   sqlite or postgres; both unless told",
      },
    },
  },
  async ({ arguments: [pipeline], texts, report }) => {
    const names = Object.keys(PIPELINES);
    const name = oneOf("the pipeline", pipeline, names);
    const { known, dialects: all_dialects, rows: rows_usual } = PIPELINES[name];
    const part_names = texts.part
      ? [oneOf("the part", texts.part, Object.keys(known))]
      : Object.keys(known);
    const dialects = texts.warehouse
      ? [oneOf("the warehouse", texts.warehouse, all_dialects)]
      : all_dialects;
    const rows = Number(texts.rows ?? rows_usual);
    const rounds = Math.min(Number(texts.rounds ?? 5), DELIVERIES);
    const folder = `${Deno.cwd()}/.sluice/bench`;
    await Deno.mkdir(folder, { recursive: true });
    const seed = Number(texts.seed ?? 1);
    const inputs = name === "posts"
      ? await makeInputs({ folder, seed, rows })
      : undefined;

    const places = await openPlaces(folder);
    const found: Found[] = [];
    try {
      for (const dialect of dialects) {
        for (const [title, measure] of part_names.flatMap(entriesOf)) {
          report.line(
            `${title}, ${dialect}, ${rows.toLocaleString("en")} rows`,
          );
          const results = await measure(dialect, {
            places,
            inputs,
            rounds,
            rows,
          });
          found.push({ title, dialect, results });
        }
      }
    } finally {
      await places.close();
    }
    const lines = found.flatMap(linesOf);
    report.table(`Medians of ${rounds} rounds, ${rows} rows`, lines);
    report.result({
      rows,
      rounds,
      seed,
      versions: await versions(),
      lines,
      found,
    });
  },
);

interface Found {
  title: string;
  dialect: Dialect;
  results: parts.PartResults;
}

/** What a part needs of the bench is there when its pipeline is measured. */
type Measure = (
  dialect: Dialect,
  bench: Omit<parts.Bench, "inputs"> & {
    inputs: parts.Bench["inputs"] | undefined;
    rows: number;
  },
) => Promise<parts.PartResults>;

function entriesOf(part: string) {
  return Object.entries({ ...PARTS, ...ADS_PARTS, ...CATALOG_PARTS }[part]) as [
    string,
    Measure,
  ][];
}

/** One line per way; the first way of a part is ours, and is divided by the others. */
function linesOf({ title, dialect, results }: Found) {
  const is_comparison = "ours" in results;
  return Object.entries(results).map((
    [way, { median_ms, all_ms, peak_mb }],
  ) => ({
    warehouse: dialect,
    work: title,
    way,
    median_s: (median_ms / 1000).toFixed(3),
    fastest_s: (Math.min(...all_ms) / 1000).toFixed(3),
    ours_to_it: is_comparison && way !== "ours"
      ? (results.ours.median_ms / median_ms).toFixed(2)
      : null,
    peak_mb: Math.round(peak_mb),
  }));
}

async function versions(): Promise<Record<string, string>> {
  const first = async (program: string) => {
    const { stdout } = await run({ program, args: ["--version"] });
    return stdout.split("\n")[0];
  };
  return {
    deno: Deno.version.deno,
    psql: await first("psql"),
    sqlite3: await first("sqlite3"),
  };
}
