/** Mistakes that could be made in the SQL of posts, and that must be noticed. */
import type { Mutant } from "./mutant.ts";
import { COUNTING_MUTANTS } from "./posts_counting_mutants.ts";

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

/** All mistakes, in the order of the files. */
export const MUTANTS: Mutant[] = [
  ...DEDUP,
  ...COMPARE,
  ...MERGE,
  ...COUNTING_MUTANTS,
];
