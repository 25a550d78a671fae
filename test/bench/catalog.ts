/** Measures a day of the catalog: a large CSV file, and reading it alone. */
import type { Dialect } from "../../scripts/lib/warehouse/warehouse.ts";
import { inTurns } from "./measure.ts";
import { folderScript } from "./native.ts";
import { deno, migrate, type PartResults } from "./parts.ts";
import type { Place, Places } from "./places.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const NAME = "product_catalog_20210403.csv";
const HEADER =
  "brand,category_id,comment,currency,description,image,year_release";
const IMAGES = 997;
const IMAGE_BYTES = 960;
const ROWS_PER_CHUNK = 1000;

/** What the parts of the catalog are given; a row has about 1 kB. */
export interface CatalogBench {
  places: Places;
  rounds: number;
  rows: number;
}

/** CSV into rows of JSON, against the same by the standard library. */
export async function parseCsv(
  _: Dialect,
  { places, rounds, rows }: CatalogBench,
): Promise<PartResults> {
  const place = places.place("sqlite", "catalog");
  const path = await makeCatalog(place, rows);
  const way = (name: string) => ({
    commands: () => [
      deno(["-A", "test/bench/parse_csv.ts", name, path], {
        cwd: ROOT,
        env: place.env,
      }),
    ],
  });
  return await inTurns(rounds, {
    ours: way("ours"),
    CsvParseStream: way("std"),
  });
}

/** A day from its file to tables, against `.import` and the same SQL by hand. */
export async function catalogJob(
  dialect: Dialect,
  { places, rounds, rows }: CatalogBench,
): Promise<PartResults> {
  const ours = places.place(dialect, "catalog");
  const by_hand = places.place(dialect, "catalog_by_hand");
  const path = await makeCatalog(ours, rows);
  const script = await folderScript({
    dialect,
    job: "catalog",
    feeds: { catalog: path },
  });
  const prepare = (place: Place) => async () => {
    await place.reset();
    await migrate(place, "catalog");
  };
  const results = await inTurns(rounds, {
    ours: {
      prepare: prepare(ours),
      commands: () => [
        deno([
          "--v8-flags=--max-semi-space-size=1",
          "-P=catalog",
          "scripts/catalog.ts",
          path,
          "--warehouse",
          dialect,
        ], { cwd: ROOT, env: ours.env }),
      ],
    },
    "by hand": {
      prepare: prepare(by_hand),
      commands: () => [by_hand.native(script)],
    },
  });
  const sums = await Promise.all([ours, by_hand].map((place) =>
    place.execute(
      `select count(*), sum(year_release), count(image), sum(length(comment)),
         min(catalog_date) from catalog;`,
    )
  ));
  if (sums[0] === sums[1]) return results;
  throw new Error(`Cannot compare: expected equal tables, found\n${sums}`);
}

/** The file of a number of rows, made once. */
async function makeCatalog({ folder }: Place, rows: number): Promise<string> {
  const inputs = `${folder}/../catalog_${rows}`;
  const path = `${inputs}/${NAME}`;
  if (await Deno.stat(path).catch(() => undefined)) return path;
  await Deno.mkdir(inputs, { recursive: true });
  await Deno.writeFile(`${path}.unfinished`, ReadableStream.from(chunks(rows)));
  await Deno.rename(`${path}.unfinished`, path);
  return path;
}

function* chunks(rows: number): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const images = Array.from({ length: IMAGES }, (_, place) => image(place));
  yield encoder.encode(`${HEADER}\n`);
  for (let at = 0; at < rows; at += ROWS_PER_CHUNK) {
    const count = Math.min(ROWS_PER_CHUNK, rows - at);
    const lines = Array.from(
      { length: count },
      (_, place) => row(at + place, images),
    );
    yield encoder.encode(lines.join(""));
  }
}

const BRANDS = ["Samsung", "Acer", "LG", "Sony"];

/** Three in four have an image; every tenth has quotes and two lines. */
function row(number: number, images: string[]): string {
  const comment = number % 10
    ? "Lorem ipsum dolor sit amet consetetur sadipscing elitr sed diam"
    : '"Lorem ipsum, dolor ""sit"" amet,\nconsetetur sadipscing"';
  const picture = number % 4 ? `"${images[number % IMAGES]}"` : "";
  return `${BRANDS[(number >> 2) % 4]},${number % 97},${comment},EUR,Male,` +
    `${picture},${1996 + number % 25}\n`;
}

/** About 1.3 kB, as the address of a picture in base64. */
function image(seed: number): string {
  let state = seed + 1;
  let text = "";
  for (let n = 0; n < IMAGE_BYTES; n++) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    text += String.fromCharCode(state >>> 24);
  }
  return `data:image/png;base64,${btoa(text)}`;
}
