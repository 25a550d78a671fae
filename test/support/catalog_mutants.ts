/** Mistakes that could be made in the SQL of catalog, and that must be noticed. */
import type { Mutant } from "./mutant.ts";

const CLEAN: Mutant[] = [
  {
    name: "an empty image is an image",
    file: /_clean_products\.sql$/,
    find: /nullif\(image, ''\)/,
    to: "image",
    cases: /an_empty_image/,
  },
  {
    name: "a year may have any length",
    file: /_clean_products\.sql$/,
    find: /'\[0-9\]\[0-9\]\[0-9\]\[0-9\]'/,
    to: "'[0-9]*'",
    cases: /four_digits/,
  },
  {
    name: "the year is not looked at",
    file: /_clean_products\.sql$/,
    find: /when year_release not glob/,
    to: "when 1 = 0 and year_release not glob",
    cases: /four_digits/,
  },
  {
    name: "a day that does not exist is a day",
    file: /_clean_products\.sql$/,
    find: /when catalog_date is not date/,
    to: "when 1 = 0 and catalog_date is not date",
    cases: /does_not_exist/,
  },
  {
    name: "a row with other fields is read as an object",
    file: /_clean_products\.sql$/,
    find: /json_type\(body\) = 'array'/,
    to: "1 = 0",
    cases: /too_few_or_too_many/,
  },
  {
    name: "a missing key is an empty text",
    file: /_clean_products\.sql$/,
    find: /json_type\(row, '\$\.category_id'\) is not 'text'/,
    to: "json_type(row, '$.category_id') <> 'text'",
    cases: /json_lines_of_other_kinds/,
  },
  {
    name: "the text of a rejected row is thrown away",
    file: /_clean_products\.sql$/,
    find: /then body end as rejected_body/,
    to: "then null end as rejected_body",
    cases: /kept_as_it_was_read/,
  },
];

const DEDUP: Mutant[] = [
  {
    name: "the first delivery of a day in a run wins",
    file: /_dedup_batches\.sql$/,
    find: /max\(batch\) over/,
    to: "min(batch) over",
  },
  {
    name: "every delivery of a run is the last of its day",
    file: /_dedup_batches\.sql$/,
    find: /batch = max\(batch\) over \([^)]*\)/,
    to: "true",
  },
  {
    name: "the last delivery of a run is the last of every day",
    file: /_dedup_batches\.sql$/,
    find: /partition by catalog_date/,
  },
  {
    name: "rejected rows are counted",
    file: /_dedup_batches\.sql$/,
    find: /where reason is null/,
  },
];

const COMPARE: Mutant[] = [
  {
    name: "an older delivery replaces its day",
    file: /_compare_batches\.sql$/,
    find: / or latest\.batch < kept\.batch/,
  },
  {
    name: "an older delivery of the same run is no older one",
    file: /_compare_batches\.sql$/,
    find: /not latest\.is_latest or /,
  },
  {
    name: "a delivery that is loaded again replaces itself",
    file: /_compare_batches\.sql$/,
    find: /then 'unchanged'/,
    to: "then 'replaced'",
  },
  {
    name: "a day is replaced by what is added to it",
    file: /_compare_batches\.sql$/,
    find: /else 'replaced'/,
    to: "else 'unchanged'",
  },
  {
    name: "rows are known by their line alone",
    file: /_compare_batches\.sql$/,
    find: /\n\s+and clean_products\.batch = catalog\.batch/,
    equivalent:
      "of a day whose batch is the one that is loaded, no other batch has rows",
  },
  {
    name: "rows are known by their batch alone",
    file: /_compare_batches\.sql$/,
    find: /\n\s+and clean_products\.line_number = catalog\.line_number/,
  },
];

const MERGE: Mutant[] = [
  {
    name: "a replaced day keeps its rows",
    file: /_merge_products\.sql$/,
    find: /delete from catalog\n[^;]*;/,
  },
  {
    name: "all days are replaced",
    file: /_merge_products\.sql$/,
    find: /delete from catalog\nwhere[^;]*;/,
    to: "delete from catalog;",
  },
  {
    name: "a day is emptied whatever came for it",
    file: /_merge_products\.sql$/,
    find: /\n\s+where compared_batches\.outcome = 'replaced'/,
  },
  {
    name: "the rows of older deliveries are written",
    file: /_merge_products\.sql$/,
    find: /in \('inserted', 'replaced'\)/,
    to: "in ('inserted', 'replaced', 'older')",
  },
  {
    name: "rows that were rejected never join their day",
    file: /_merge_products\.sql$/,
    find: /compared\.outcome = 'unchanged'/,
    to: "1 = 0",
  },
  {
    name: "a row that is loaded again is there twice",
    file: /_merge_products\.sql$/,
    find: /and not exists \([^)]*\)/,
  },
  {
    name: "equal rows become one",
    file: /_merge_products\.sql$/,
    find:
      /kept\.catalog_date = fresh\.catalog_date\s+and kept\.batch = fresh\.batch\s+and kept\.line_number = fresh\.line_number/,
    to: "kept.brand = fresh.brand and kept.image is fresh.image",
  },
];

const COUNT: Mutant[] = [
  {
    name: "a day whose rows were added to is not counted again",
    file: /_merge_products_per_day\.sql$/,
    find: /<> 'older'/,
    to: "in ('inserted', 'replaced')",
  },
  {
    name: "a day is counted once and never again",
    file: /_merge_products_per_day\.sql$/,
    find: /on conflict \(catalog_date\) do update set[^;]*;/,
    to: "on conflict (catalog_date) do nothing;",
  },
  {
    name: "every day is counted",
    file: /_merge_products_per_day\.sql$/,
    find: /where catalog_date in \([^;]*?older'\n\)/,
    to: "where true",
    equivalent: "it counts the same again; only the plan test sees that",
  },
  {
    name: "products without an image are counted as with one",
    file: /_merge_products_per_day\.sql$/,
    find: /count\(image\)/,
    to: "count(*)",
    cases: /for_a_team_shows_none/,
  },
  {
    name: "2000 is counted as after 2000",
    file: /_merge_products_per_day\.sql$/,
    find: /> 2000 then/,
    to: ">= 2000 then",
    cases: /year_2000/,
  },
  {
    name: "the batch of a day that is replaced stays",
    file: /_merge_products_per_day\.sql$/,
    find: /,\n\s+batch = excluded\.batch/,
  },
];

const VIEW: Mutant[] = [
  {
    name: "team A gets products without an image",
    file: /_view_team_a_products\.sql$/,
    find: /where image is not null/,
    cases: /an_empty_image/,
  },
  {
    name: "the latest day of team A is every day",
    file: /_view_team_a_latest_products\.sql$/,
    find: /\n\s+and catalog_date = \([^)]*\([^)]*\)[^)]*\)/,
    cases: /latest_day/,
  },
  {
    name: "the latest day is the first one",
    file: /_view_team_b_latest_products\.sql$/,
    find: /max\(products/,
    to: "min(products",
    cases: /latest_day/,
  },
  {
    name: "team B gets other spellings",
    file: /_view_team_b_products\.sql$/,
    find: /brand = 'Samsung'/,
    to: "lower(trim(brand)) = 'samsung'",
    cases: /brands_are_compared/,
  },
  {
    name: "team B gets products of 2000",
    file: /_view_team_b_products\.sql$/,
    find: /> 2000/,
    to: ">= 2000",
    cases: /year_2000/,
  },
  {
    name: "team B gets products with an image",
    file: /_view_team_b_products\.sql$/,
    find: /\n\s+and image is null/,
    cases: /for_team_a_alone/,
  },
];

const CHECK: Mutant[] = [
  {
    name: "nobody hears of other spellings",
    file: /_check_brands_are_exact\.sql$/,
    find: /= 'samsung'/,
    to: "= 'Samsung'",
    cases: /near_misses/,
  },
  {
    name: "a file of which most rows are rejected is loaded",
    file: /_check_rows_can_be_read\.sql$/,
    find: /rejected_count \* 2 >/,
    to: "rejected_count >",
    cases: /most_rows/,
  },
  {
    name: "a file of which half of the rows are rejected is stopped",
    file: /_check_rows_can_be_read\.sql$/,
    find: /\* 2 >/,
    to: "* 2 >=",
    cases: /most_rows/,
  },
];

/** All of them. */
export const MUTANTS: Mutant[] = [
  ...CLEAN,
  ...DEDUP,
  ...COMPARE,
  ...MERGE,
  ...COUNT,
  ...VIEW,
  ...CHECK,
];
