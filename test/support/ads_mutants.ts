/** Mistakes that could be made in the SQL of ads, and that must be noticed. */
import { CLEAN_MUTANTS } from "./ads_clean_mutants.ts";
import type { Mutant } from "./mutant.ts";

const DEDUP: Mutant[] = [
  {
    name: "the earliest copy is chosen without its line",
    file: /_dedup_ads\.sql$/,
    find: /, line_number\n/,
    to: "\n",
  },
  {
    name: "the earliest copy is chosen without its batch",
    file: /_dedup_ads\.sql$/,
    find: /order by batch, /,
    to: "order by ",
  },
  {
    name: "the last copy is chosen",
    file: /_dedup_ads\.sql$/,
    find: /order by batch, line_number/,
    to: "order by batch desc, line_number desc",
  },
  {
    name: "every copy is kept",
    file: /_dedup_ads\.sql$/,
    find: /where copy_number = 1/,
  },
  {
    name: "rejected lines are taken for ads",
    file: /_dedup_ads\.sql$/,
    find: /where reason is null/,
  },
];

const COMPARE: Mutant[] = [
  {
    name: "a later copy wins",
    file: /_compare_ads\.sql$/,
    find: /< \(kept\.batch/,
    to: "> (kept.batch",
  },
  {
    name: "no copy wins",
    file: /_compare_ads\.sql$/,
    find: /when is_earlier then 'updated'/,
  },
  {
    name: "a copy with the same version wins",
    file: /_compare_ads\.sql$/,
    find: /< \(kept\.batch/,
    to: "<= (kept.batch",
    equivalent: "it writes the row that is there",
  },
  {
    name: "the version of an ad has no line",
    file: /_compare_ads\.sql$/,
    find:
      /\(earliest\.batch, earliest\.line_number\)(\s+< )\(kept\.batch, kept\.line_number\)/,
    to: "earliest.batch$1kept.batch",
  },
  {
    name: "the version of an ad has no batch",
    file: /_compare_ads\.sql$/,
    find:
      /\(earliest\.batch, earliest\.line_number\)(\s+< )\(kept\.batch, kept\.line_number\)/,
    to: "earliest.line_number$1kept.line_number",
  },
  {
    name: "an earlier copy that says the same changes nothing",
    file: /_compare_ads\.sql$/,
    find: /when is_earlier then/,
    to: "when is_earlier and not is_same then",
    cases: /late/,
  },
  {
    name: "an archived ad comes back",
    file: /_compare_ads\.sql$/,
    find: /when not is_kept and is_archived then 'older'/,
    cases: /archived/,
  },
  {
    name: "an ad that is archived and here is older",
    file: /_compare_ads\.sql$/,
    find: /when not is_kept and is_archived/,
    to: "when is_archived",
    equivalent: "an ad is never in both",
  },
  ...["ad_group", "ad_campaign", "ad_scheme", "shown_at"].map((column) => ({
    name: `a repeat of which only ${column} differs says the same`,
    file: /_compare_ads\.sql$/,
    find: new RegExp(`earliest\\.${column}([^;]*?)kept\\.${column}`),
    to: "null$1null",
    cases: /repeat/,
  })),
  {
    name: "ads that are new are left out",
    file: /_compare_ads\.sql$/,
    find: /left join ads/,
    to: "inner join ads",
  },
];

const WRITE: Mutant[] = [
  {
    name: "every ad is inserted, whatever its outcome",
    file: /_merge_ads\.sql$/,
    find: /where compared\.outcome = 'inserted'/,
  },
  {
    name: "an ad comes without its scheme",
    file: /_merge_ads\.sql$/,
    find: /compared\.ad_scheme/,
    to: "cast(null as jsonb)",
    cases: /scheme/,
  },
  {
    name: "an earlier copy is not written",
    file: /_merge_earlier_copies\.sql$/,
    find: /outcome = 'updated'/,
    to: "outcome = 'gone'",
  },
  {
    name: "a later copy is written as well",
    file: /_merge_earlier_copies\.sql$/,
    find: /= 'updated'/,
    to: "in ('updated', 'older')",
  },
  ...[
    "ad_group",
    "ad_campaign",
    "is_campaign_known",
    "ad_scheme",
    "shown_at",
    "batch",
  ].map((column) => ({
    name: `an ad whose earlier copy came late keeps its ${column}`,
    file: /_merge_earlier_copies\.sql$/,
    find: new RegExp(`\\n +${column} = compared\\.${column},`),
  })),
  {
    name: "an ad whose earlier copy came late keeps its line",
    file: /_merge_earlier_copies\.sql$/,
    find: /,\s+line_number = compared\.line_number/,
    cases: /late/,
  },
];

const CHECKS_AND_VIEWS: Mutant[] = [
  {
    name: "most of an answer may be rejected",
    file: /_check_ads_can_be_read\.sql$/,
    find: /\* 2 > /,
    to: "> 2 * ",
    cases: /most ads/,
  },
  {
    name: "half of an answer must not be rejected",
    file: /_check_ads_can_be_read\.sql$/,
    find: /\* 2 > /,
    to: "* 2 >= ",
    cases: /half/,
  },
  {
    name: "repeats in one answer are not compared",
    file: /_check_repeats_say_the_same\.sql$/,
    find: /compared\.copy_count > 1/,
    to: "false",
    cases: /repeat in one/,
  },
  {
    name: "repeats of earlier answers are not compared",
    file: /_check_repeats_say_the_same\.sql$/,
    find: /where is_other/,
    to: "where false",
    cases: /repeat with other/,
  },
  {
    name: "a day begins where the session is",
    file: /_view_ads_per_day\.sql$/,
    find: /at time zone 'UTC'/,
    to: "at time zone 'Asia/Kolkata'",
    cases: /days/,
  },
  {
    name: "known campaigns are counted as unknown ones",
    file: /_view_unknown_campaigns\.sql$/,
    find: /where not is_campaign_known/,
    to: "where is_campaign_known",
    cases: /counted by day/,
  },
  {
    name: "rejected lines count as repeats",
    file: /_view_loads\.sql$/,
    find: /\s+- loads\.rejected_count as bigint/,
    to: " as bigint",
    cases: /loads/,
  },
];

/** All mistakes, in the order of the files. */
export const MUTANTS: Mutant[] = [
  ...CLEAN_MUTANTS,
  ...DEDUP,
  ...COMPARE,
  ...WRITE,
  ...CHECKS_AND_VIEWS,
];
