/** Mistakes that could be made in the SQL of posts, and that must be noticed. */
import type { Mutant } from "./mutant.ts";

const SAME_LINE =
  "equal versions are the same line, and the same line has the same content";

const DEDUP: Mutant[] = [
  {
    name: "the best copy of a post is chosen without its line",
    file: /_dedup_posts\.sql$/,
    find: /, line_number desc/,
  },
  {
    name: "the best copy of a post is chosen without its batch",
    file: /_dedup_posts\.sql$/,
    find: / batch desc,/,
  },
  {
    name: "the best copy of a post is chosen without its activity",
    file: /_dedup_posts\.sql$/,
    find: / last_activity_at desc,/,
  },
  {
    name: "the first of two equally active copies of a post wins",
    file: /_dedup_posts\.sql$/,
    find: / batch desc, line_number desc/,
    to: " batch, line_number",
  },
  {
    name: "every copy of a post is kept",
    file: /_dedup_posts\.sql$/,
    find: /where copy_number = 1/,
  },
  {
    name: "rejected lines are taken for posts",
    file: /_dedup_posts\.sql$/,
    find: /where reason is null/,
  },
  {
    name: "the best copy of a vote is chosen without its line",
    file: /_dedup_votes\.sql$/,
    find: {
      sqlite:
        /\(excluded\.batch, excluded\.line_number\) > [^)]*\)([^;]*)\(excluded\.batch, excluded\.line_number\) < [^)]*\)/,
      postgres: /, line_number desc/,
    },
    to: {
      sqlite: "excluded.batch > best.batch$1excluded.batch <= best.batch",
      postgres: "",
    },
  },
  {
    name: "the best copy of a vote is chosen without its batch",
    file: /_dedup_votes\.sql$/,
    find: {
      sqlite: /\((excluded|best)\.batch, (excluded|best)\.line_number\)/g,
      postgres: / batch desc,/,
    },
    to: { sqlite: "($1.line_number, $1.batch)", postgres: "" },
  },
  {
    name: "the first of two copies of a vote wins",
    file: /_dedup_votes\.sql$/,
    find: {
      sqlite: /line_number\) > \(best([^<]*)line_number\) < \(best/,
      postgres: / batch desc, line_number desc/,
    },
    to: {
      sqlite: "line_number) < (best$1line_number) > (best",
      postgres: " batch, line_number",
    },
  },
];

const COMPARE: Mutant[] = [
  {
    name: "an older copy of a post wins",
    file: /_compare_posts\.sql$/,
    find: /> \(kept\./,
    to: "< (kept.",
  },
  {
    name: "a copy of a post with the same version wins",
    file: /_compare_posts\.sql$/,
    find: /> \(kept\./,
    to: ">= (kept.",
    equivalent: SAME_LINE,
  },
  {
    name: "the version of a post has no activity",
    file: /_compare_posts\.sql$/,
    find:
      /\(fresh\.last_activity_at, (latest.batch.*\)\s+> )\(kept\.last_activity_at, /,
    to: "($1(",
  },
  {
    name: "the version of a post has no line",
    file: /_compare_posts\.sql$/,
    find: /, latest\.line_number\)(\s+> .*), kept\.line_number\)/,
    to: ")$1)",
  },
  {
    name: "the version of a post has no batch",
    file: /_compare_posts\.sql$/,
    find: / latest\.batch,( latest\.line_number\)\s+> .*) kept\.batch,/,
    to: "$1",
  },
  ...["title", "tags", "score", "last_activity_at", "closed_at"].map((
    column,
  ) => ({
    name: `a post of which only ${column} changed counts as unchanged`,
    file: /_compare_posts\.sql$/,
    find: new RegExp(
      `\\n +fresh\\.${column},(\\n[^;]*?)\\n +kept\\.${column},\\n`,
    ),
    to: "$1\n",
  })),
  {
    name: "posts that are new are left out",
    file: /_compare_posts\.sql$/,
    find: /left join posts/,
    to: "inner join posts",
  },
  {
    name: "an older copy of a vote wins",
    file: /_compare_votes\.sql$/,
    find: /> \(kept\./,
    to: "< (kept.",
  },
  {
    name: "a copy of a vote with the same version wins",
    file: /_compare_votes\.sql$/,
    find: /> \(kept\./,
    to: ">= (kept.",
    equivalent: SAME_LINE,
  },
  {
    name: "the version of a vote has no line",
    file: /_compare_votes\.sql$/,
    find: /, latest\.line_number\)( > .*), kept\.line_number\)/,
    to: ")$1)",
  },
  ...["vote_type_id", "user_id"].map((column) => ({
    name: `a vote of which only ${column} changed counts as unchanged`,
    file: /_compare_votes\.sql$/,
    find: new RegExp(
      `(when \\(\\n[^;]*?)\\n +latest\\.${column},(\\n[^;]*?)\\n +kept\\.${column},\\n`,
    ),
    to: "$1$2\n",
  })),
  {
    name: "votes that are new are left out",
    file: /_compare_votes\.sql$/,
    find: /left join votes/,
    to: "inner join votes",
  },
];

const CHANGED_ONLY = /where compared\.outcome in \('inserted', 'updated'\)/;

const MERGE: Mutant[] = [
  {
    name: "every post is written, whatever its outcome",
    file: /_merge_posts\.sql$/,
    find: CHANGED_ONLY,
    to: "where true",
  },
  {
    name: "changed posts are not written",
    file: /_merge_posts\.sql$/,
    find: CHANGED_ONLY,
    to: "where compared.outcome = 'inserted'",
  },
  ...["title", "batch", "line_number", "last_activity_at"].map((column) => ({
    name: `a changed post keeps its ${column}`,
    file: /_merge_posts\.sql$/,
    find: new RegExp(`\\n +${column} = (excluded|changed)\\.${column},`),
  })),
  {
    name: "tags of changed posts are not removed",
    file: /_merge_post_tags\.sql$/,
    find: /outcome = 'updated'/,
    to: "outcome = 'gone'",
  },
  {
    name: "tags of all posts are removed",
    file: /_merge_post_tags\.sql$/,
    find: /(delete from post_tags)[^;]*;/,
    to: "$1;",
  },
  {
    name: "tags are written of posts that did not change",
    file: /_merge_post_tags\.sql$/,
    find: /compared_posts\.outcome in \('inserted', 'updated'\)\s+and/,
  },
  {
    name: "a tag that stands twice counts from its second place",
    file: /_merge_post_tags\.sql$/,
    find: /min\((pieces\.\w+)\)/,
    to: "max($1)",
    cases: /tag/,
  },
  {
    name: "every vote is written, whatever its outcome",
    file: /_merge_votes\.sql$/,
    find: CHANGED_ONLY,
    to: "where true",
  },
  ...["vote_type_id", "batch", "line_number"].map((column) => ({
    name: `a changed vote keeps its ${column}`,
    file: /_merge_votes\.sql$/,
    find: new RegExp(`\\n +${column} = (excluded|changed)\\.${column},`),
  })),
  ...["post", "vote"].flatMap((thing): Mutant[] => [
    {
      name: `a ${thing} that comes again does not take the version`,
      file: new RegExp(`_merge_${thing}_versions\\.sql$`),
      find: /outcome = 'unchanged'/,
      to: "outcome = 'gone'",
    },
    {
      name: `a ${thing} that comes again takes an older version`,
      file: new RegExp(`_merge_${thing}_versions\\.sql$`),
      find: /\s+and \(compared\.batch[^;]*/,
    },
    {
      name: `a ${thing} that comes again takes an equal version`,
      file: new RegExp(`_merge_${thing}_versions\\.sql$`),
      find: /line_number\) > \(/,
      to: "line_number) >= (",
      equivalent: "it writes the batch and the line that are there",
    },
    {
      name: `a ${thing} that comes again takes the batch alone`,
      file: new RegExp(`_merge_${thing}_versions\\.sql$`),
      find: /,\s+line_number = compared\.line_number/,
    },
  ]),
  {
    name: "a post that loses takes the version",
    file: /_merge_post_versions\.sql$/,
    find: /and compared\.outcome = 'unchanged'/,
  },
];

const COUNT: Mutant[] = [
  {
    name: "down votes are forgotten",
    file: /_count_changed_votes\.sql$/,
    find: /vote_type_id = 3/,
    to: "vote_type_id = 4",
    cases: /up_and_down/,
  },
  {
    name: "votes that did not change are counted again",
    file: /_count_changed_votes\.sql$/,
    find: /where outcome in \('inserted', 'updated'\)/,
  },
  {
    name: "what a vote was before is counted on",
    file: /_count_changed_votes\.sql$/,
    find: /where outcome = 'updated'/,
    to: "where outcome = 'gone'",
  },
  {
    name: "a vote is taken from the day on which it is now",
    file: /_count_changed_votes\.sql$/,
    find: /previous_vote_date as vote_date/,
    to: "vote_date",
  },
  {
    name: "a vote is taken from the post on which it is now",
    file: /_count_changed_votes\.sql$/,
    find: /previous_post_id as post_id/,
    to: "post_id",
  },
  {
    name: "a vote is taken from the type that it has now",
    file: /_count_changed_votes\.sql$/,
    find: /previous_vote_type_id as vote_type_id/,
    to: "vote_type_id",
  },
  {
    name: "a week ends on Saturday",
    file: /_count_changed_weeks\.sql$/,
    find: {
      sqlite: /'\+6 days'/,
      postgres: /week_start_date \+ 6/,
    },
    to: { sqlite: "'+5 days'", postgres: "week_start_date + 5" },
  },
  {
    name: "votes on missing posts are in no week",
    file: /_count_changed_weeks\.sql$/,
    find: /left join posts/,
    to: "inner join posts",
  },
  {
    name: "votes that came before their post stay votes on a missing post",
    file: /_count_changed_weeks\.sql$/,
    find: /where compared_posts\.outcome = 'inserted'/,
    to: "where compared_posts.outcome = 'gone'",
  },
  {
    name: "votes of a changed post are counted again",
    file: /_count_changed_weeks\.sql$/,
    find: /where compared_posts\.outcome = 'inserted'/,
    to: "where compared_posts.outcome in ('inserted', 'updated')",
  },
  {
    name: "a post whose creation moved exists twice",
    file: /_count_changed_weeks\.sql$/,
    find: /-1 as created_post_change/,
    to: "0 as created_post_change",
  },
  {
    name: "a post counts as voted on with each run",
    file: /_count_changed_weeks\.sql$/,
    find: /when previous_vote_count > 0 then 1/,
    to: "when previous_vote_count < 0 then 1",
  },
  ...["post_day", "day", "week"].flatMap((grain): Mutant[] => [
    {
      name: `the votes per ${grain} are those of the last run`,
      file: new RegExp(`_merge_votes_per_${grain}\\.sql$`),
      find: /vote_count = kept\.vote_count \+ /,
      to: "vote_count = ",
    },
    {
      name: `a ${grain} without votes stays`,
      file: new RegExp(`_merge_votes_per_${grain}\\.sql$`),
      find: {
        sqlite: /vote_count = 0\s+and/,
        postgres: /when\s+matched\s+and[^;]*?then delete/,
      },
      to: { sqlite: "vote_count < 0\n    and", postgres: "" },
    },
  ]),
  {
    name: "down votes per post_day stay as they were",
    file: /_merge_votes_per_post_day\.sql$/,
    find: /,\s+down_vote_count = [^,\n;]*/,
  },
  {
    name: "posts per week stay as they were",
    file: /_merge_votes_per_week\.sql$/,
    find: /,\s+created_post_count = kept[^,\n;]*/,
  },
];

const SHOW: Mutant[] = [
  {
    name: "the year of a week is that of its Monday",
    file: /_view_votes_per_post_per_week\.sql$/,
    find: {
      sqlite: /strftime\('%Y', week_start_date, '\+3 days'\)/,
      postgres: /extract\(isoyear from/,
    },
    to: {
      sqlite: "strftime('%Y', week_start_date)",
      postgres: "extract(year from",
    },
    cases: /year/,
  },
  {
    name: "weeks without votes have a mean",
    file: /_view_mean_votes_per_post_per_week\.sql$/,
    find: /where vote_count > 0/,
    cases: /existing_posts|the_answer/,
  },
  {
    name: "posts of weeks without votes do not exist",
    file: /_view_answer\.sql$/,
    find: /(from votes_per_week)/,
    to: "$1 where vote_count > 0",
    cases: /existing_posts|the_answer/,
  },
  {
    name: "a week that is off by exactly a fifth is an outlier",
    file: /_view_outlier_weeks\.sql$/,
    find: /\* 5\s+>/,
    to: "* 5 >=",
    cases: /20_percent/,
  },
];

/** All mistakes, in the order of the files. */
export const MUTANTS: Mutant[] = [
  ...DEDUP,
  ...COMPARE,
  ...MERGE,
  ...COUNT,
  ...SHOW,
];
