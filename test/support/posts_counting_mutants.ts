/** Mistakes in the kept counts of posts and in the views that read them. */
import type { Mutant } from "./mutant.ts";

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

/** These mistakes, in the order of the files. */
export const COUNTING_MUTANTS: Mutant[] = [...COUNT, ...SHOW];
