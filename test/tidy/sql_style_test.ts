/** How SQL is written: every file can be pasted into a console and read by anyone. */
import {
  at,
  isFromClause,
  jobSqlFiles,
  tablesRead,
  targetOf,
  type Word,
} from "./sql.ts";
import { eachLine, type TidyFile, tidyTest } from "./tidy.ts";

const SQL = /^(sql|migrations)\/.*\.sql$/;
const JOB_SQL = /^sql\/[^/]+\/[^/]+\/[^/]+\.sql$/;
const CLEAN = "sql/rides/sqlite/010_clean_rides.sql";
const MERGE = "sql/rides/sqlite/040_merge_rides.sql";
const LINE_MAX = 88;

/** Looks at the words of each statement of each job. */
function wordRule(
  what: (word: Word, i: number, words: Word[]) => string | undefined,
) {
  return (files: TidyFile[]) =>
    jobSqlFiles(files).flatMap((file) =>
      file.statement_words.flatMap((words) =>
        words.flatMap((word, i) => {
          const wrong = what(word, i, words);
          return wrong ? [at(file, word, wrong)] : [];
        })
      )
    );
}

const CLOCKS = /^current_(date|time|timestamp)$|^local(time|timestamp)$/;
const CLOCK_CALLS =
  /^(now|random|randomblob|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|gen_random_uuid|uuidv4|uuidv7|setseed|rand|generate_uuid)$/;
/** In SQLite they take the present instant when they are given none. */
const DATE_CALLS = /^(date|time|datetime|julianday|unixepoch)$/;

tidyTest("SQL reads no clock and throws no dice", {
  paths: JOB_SQL,
  rule: wordRule(({ text, kind }, i, words) => {
    const [open, first] = words.slice(i + 1, i + 3).map(({ text }) => text);
    if (kind === "string") {
      return text === "'now'" ? "expected current_run, found 'now'" : undefined;
    }
    const is_clock = CLOCKS.test(text) ||
      open === "(" && CLOCK_CALLS.test(text) ||
      open === "(" && first === ")" && DATE_CALLS.test(text);
    return is_clock ? `expected current_run, found ${text}` : undefined;
  }),
  bad: [
    [
      {
        [CLEAN]: [
          "select now()",
          "random ()",
          "current_timestamp",
          "date('now')",
          "datetime()",
          "gen_random_uuid()",
          "clock_timestamp()",
          "CURRENT_DATE;",
        ].join(",\n"),
      },
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((line) => `${CLEAN}:${line}`),
    ],
  ],
  good: [{
    [CLEAN]: "-- now()\nselect date(now_at), 'now()', random from rides;\n",
  }],
});

tidyTest("SQL has no templates: what is reviewed is what runs", {
  paths: SQL,
  rule: (files) =>
    eachLine(files, (line) => {
      const found = line.match(/\{\{|\{%|\$\{|<%/)?.[0];
      return found && `expected plain SQL, found "${found}"`;
    }),
  bad: [
    [
      { [CLEAN]: "select {{ day }}\nfrom ${rides}\n" },
      `${CLEAN}:1`,
      `${CLEAN}:2`,
    ],
  ],
  good: [{ [CLEAN]: "select '{\"a\": {}}', '$.Id' ;\n" }],
});

tidyTest("SQL is lower case", {
  paths: JOB_SQL,
  rule: (files) =>
    jobSqlFiles(files).flatMap((file) =>
      file.statement_words.flat()
        // Words come in small letters: look at how they are written.
        .filter(({ kind, text }) => kind === "word" && !text.startsWith('"'))
        .filter(({ start, end, text }) => file.text.slice(start, end) !== text)
        .map((word) =>
          at(file, word, `expected "${word.text}" in small letters`)
        )
    ),
  bad: [[{ [CLEAN]: "select a\nFROM rides;\n" }, `${CLEAN}:2`]],
  good: [{ [CLEAN]: "-- From X.\nselect 'A' as \"B\" from rides;\n" }],
});

tidyTest("lines are indented by four spaces and shorter than 88 columns", {
  paths: SQL,
  rule: (files) =>
    eachLine(files, (line) => {
      if (line.length >= LINE_MAX) {
        return `expected less than ${LINE_MAX} columns, found ${line.length}`;
      }
      if (/\t/.test(line)) return "expected spaces, found a tab";
      if (/\s$/.test(line)) return "expected no space at the end";
      const spaces = line.match(/^ */)![0].length;
      return spaces % 4
        ? `expected an indent by fours, found ${spaces} spaces`
        : undefined;
    }),
  bad: [
    [
      { [CLEAN]: `select\n  a,\n\tb, \n    '${"x".repeat(90)}'\n` },
      `${CLEAN}:2`,
      `${CLEAN}:3`,
      `${CLEAN}:4`,
    ],
  ],
  good: [{ [CLEAN]: `select '${"x".repeat(77)}';\n` }],
});

tidyTest("select * stands only in a CTE that adds columns", {
  paths: JOB_SQL,
  rule: wordRule((word, i, words) => {
    const before = words.slice(Math.max(0, i - 3), i).map(({ text }) => text);
    const is_star = word.text === "*" &&
      /(^|\s)(select|select distinct|select \w+ \.|, \w+ \.)$/.test(
        before.join(" "),
      );
    if (!is_star) return undefined;
    if (word.depth === 0) return "the final select names its columns";
    return words[i + 1].text === "," ? undefined : "it adds no column";
  }),
  bad: [
    [
      { [CLEAN]: "with a as (\nselect * from b\n)\nselect *\nfrom a;\n" },
      `${CLEAN}:2`,
      `${CLEAN}:4`,
    ],
    [
      { [CLEAN]: "create temp table c as select b.*, 1 as d from b;\n" },
      `${CLEAN}:1`,
    ],
  ],
  good: [{
    [CLEAN]:
      "with a as (select *, 2 * c as d from b)\nselect count(*) from a;\n",
  }],
});

tidyTest("tables are joined by join and on", {
  paths: JOB_SQL,
  rule: wordRule((word, i, words) => {
    const is_merge = words[0].text === "merge" && word.depth === 0;
    if (word.text === "using" && words[i + 1]?.text === "(" && !is_merge) {
      return 'expected "on", found "using"';
    }
    if (word.text !== "from" || !isFromClause(words, i)) return undefined;
    const rest = words.slice(i + 1);
    const end = rest.findIndex(({ depth, text }) =>
      depth < word.depth || depth === word.depth && CLAUSE.test(text)
    );
    const comma = rest.slice(0, end < 0 ? undefined : end)
      .some(({ text, depth }) => text === "," && depth === word.depth);
    return comma ? 'expected "join", found a comma' : undefined;
  }),
  bad: [
    [{ [CLEAN]: "select 1 from a\njoin b using (c);\n" }, `${CLEAN}:2`],
    [
      { [CLEAN]: "select 1\nfrom a, b where (\nselect 1 from c,\nd);\n" },
      `${CLEAN}:2`,
      `${CLEAN}:3`,
    ],
  ],
  good: [
    { [MERGE]: "merge into a using (\nselect 1) as b on a.c = b.c\n;" },
    {
      [CLEAN]:
        "with a as (select 1 from b group by c, d), e as (select f(g, h) from i)\nselect 1 from a join e on f(a, b) order by c, d;\n",
    },
  ],
});

const CLAUSE =
  /^(where|group|order|having|limit|union|except|intersect|window|returning|when|;)$/;

tidyTest("an alias has a name that says something, after as", {
  paths: JOB_SQL,
  rule: (files) =>
    jobSqlFiles(files).flatMap((file) =>
      file.statement_words.flatMap((words) => [
        ...words.filter((word, i) =>
          words[i - 1]?.text === "as" && /^"?\w"?$/.test(word.text)
        ).map((word) =>
          at(file, word, `expected a word, found "${word.text}"`)
        ),
        ...tablesRead(words).filter(({ next }) =>
          next?.kind === "word" && !AFTER_TABLE.test(next.text)
        ).map(({ next }) =>
          at(file, next!, `expected "as" before "${next!.text}"`)
        ),
      ])
    ),
  bad: [
    [
      { [CLEAN]: "select 1 as a\nfrom b as c\njoin docks dock on true;\n" },
      `${CLEAN}:1`,
      `${CLEAN}:2`,
      `${CLEAN}:3`,
    ],
  ],
  good: [{ [CLEAN]: "select a as bee from docks where true;\n" }],
});

const AFTER_TABLE =
  /^(as|on|where|group|order|having|limit|offset|fetch|union|except|intersect|window|inner|left|right|full|cross|join|natural|tablesample|returning|set|using|values|when)$/;

tidyTest("names of tables are not qualified, but for temp", {
  paths: JOB_SQL,
  rule: (files) =>
    jobSqlFiles(files).flatMap((file) =>
      file.statement_words.flatMap((words) =>
        [...tablesRead(words), ...[targetOf(words) ?? []].flat()]
          .filter(({ schema }) =>
            schema !== undefined && !["temp", "pg_temp"].includes(schema)
          )
          .map(({ word, schema, name }) =>
            at(file, word, `expected "${name}", found "${schema}.${name}"`)
          )
      )
    ),
  bad: [
    [
      { [CLEAN]: "insert into main.a\nselect 1 from public.b;\n" },
      `${CLEAN}:2`,
      `${CLEAN}:1`,
    ],
  ],
  good: [{ [CLEAN]: "drop table temp.a; select a.b from pg_temp.a;\n" }],
});
