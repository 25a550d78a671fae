/** Invented product catalogs of three days, with the traps that such files have. */

type Draw = (below: number) => number;

/** One row as the file has it; every value is text. */
export type ProductRow = Record<typeof COLUMNS[number], string>;

const COLUMNS = [
  "brand",
  "category_id",
  "comment",
  "currency",
  "description",
  "image",
  "year_release",
] as const;

const DAYS = ["20210401", "20210402", "20210403"];
const ROWS_PER_DAY = 60;
const BRANDS = ["Samsung", "Samsung", "Acer", "LG", "Sony", "Grundig"];
const CURRENCIES = ["EUR", "PKR", "USD", "JPY"];
const DESCRIPTIONS = ["Male", "Female", "Unisex", ""];
const COMMENTS = [
  "",
  "Lorem ipsum, dolor.",
  'The box says "keep dry".',
  "Two lines:\nthis is the second.",
  "Größe 42, für draußen",
  "灯台 on the lid",
];
const SPELLINGS = ["SAMSUNG", "samsung "];

/** Write a file for each day; return their names. */
export async function sample(folder: string, seed: number): Promise<string[]> {
  const draw = seededDraw(seed);
  await Deno.mkdir(folder, { recursive: true });
  const names: string[] = [];
  let rows: ProductRow[] = [];
  for (const [place, day] of DAYS.entries()) {
    // Most products of a day are there the next day, too, as they were.
    const kept = rows.filter(() => draw(10) > 1);
    rows = [
      ...kept,
      ...Array.from(
        { length: ROWS_PER_DAY - kept.length },
        () => product(draw),
      ),
    ];
    const name = `product_catalog_${day}.csv`;
    await Deno.writeTextFile(
      `${folder}/${name}`,
      asCsv([...rows, ...traps(rows, place)], place),
    );
    names.push(name);
  }
  return names;
}

function product(draw: Draw): ProductRow {
  const pick = <T>(list: readonly T[]) => list[draw(list.length)];
  return {
    brand: pick(BRANDS),
    category_id: String(1 + draw(99)),
    comment: pick(COMMENTS),
    currency: pick(CURRENCIES),
    description: pick(DESCRIPTIONS),
    image: draw(3) ? image(draw) : "",
    year_release: String(1996 + draw(25)),
  };
}

/** What looks like a picture, and is far shorter than a real one. */
function image(draw: Draw): string {
  const bytes = Array.from({ length: 24 }, () => draw(256));
  return `data:image/png;base64,iVBORw0KGgo${
    btoa(String.fromCharCode(...bytes))
  }`;
}

/** A row twice, the year that is not after 2000, other spellings, rows that cannot be read. */
function traps(rows: ProductRow[], place: number): ProductRow[] {
  const plain = { ...rows[0], brand: "Samsung", image: "" };
  return [
    rows[0],
    { ...plain, year_release: "2000" },
    { ...plain, year_release: "2001" },
    {
      ...plain,
      brand: SPELLINGS[place % SPELLINGS.length],
      year_release: "2019",
    },
    { ...plain, year_release: place === 1 ? "20x9" : "2020" },
  ];
}

function asCsv(rows: ProductRow[], place: number): string {
  const lines = [
    COLUMNS.join(","),
    ...rows.map((row) => COLUMNS.map((name) => quoted(row[name])).join(",")),
  ];
  // A row that was cut, on the last day.
  if (place === 2) lines.push("Sony,7,,EUR");
  // The last line may lack its end.
  return lines.join("\n") + (place === 1 ? "" : "\n");
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Whole numbers from 0 up to a bound, the same ones for the same seed. */
function seededDraw(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x9e3779b9) >>> 0;
    let bits = state ^ (state >>> 16);
    bits = Math.imul(bits, 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return Math.floor(((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32 * below);
  };
}
