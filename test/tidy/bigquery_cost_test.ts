/** What BigQuery and its stand-in accept without a word, and what would go wrong later. */
import {
  bigQueryFiles,
  columnsOf,
  partitionedTables,
  variableOf,
  variablesFor,
} from "./bigquery_tables.ts";
import { at, type JobSql, tablesRead, targetOf, type Word } from "./sql.ts";
import { type TidyFile, tidyTest } from "./tidy.ts";

const PATHS = /^(sql\/[^/]+\/bigquery|migrations\/bigquery)\/.*\.sql$/;
const FOLDER = "sql/rides/bigquery";
const CLEAN = `${FOLDER}/010_clean_rides.sql`;
const COMPARE = `${FOLDER}/035_compare_rides.sql`;
const MERGE = `${FOLDER}/040_merge_rides.sql`;
const CHECK = `${FOLDER}/045_check_rides.sql`;
const VIEW = `${FOLDER}/050_view_rides.sql`;
const TABLES = {
  "migrations/bigquery/rides/20260101000000_create_rides.sql":
    "create table rides (ride_id int64, day date)\npartition by range_bucket(ride_id, generate_array(0, 9, 1))\ncluster by ride_id;\n",
  "migrations/bigquery/rides/20260101000001_create_days.sql":
    "create table days (ride_id int64, day date)\npartition by date_trunc(day, month) cluster by ride_id, day;\n",
};

/** Looks at each statement of BigQuery's files. */
function statementRule(
  what: (words: Word[], file: JobSql, files: JobSql[]) => string[],
) {
  return (files: TidyFile[]) => {
    const jobs = bigQueryFiles(files);
    return jobs.flatMap((file) =>
      file.statement_words.flatMap((words) => what(words, file, jobs))
    );
  };
}

const DDL = /^(create|drop|alter|undrop|grant|revoke|export|load)$/;
const CONTROL =
  /^(begin|commit|rollback|set|if|loop|while|for|repeat|call|execute|return|raise|assert)$/;

tidyTest(
  "a file makes nothing that stays: BigQuery allows it in no transaction",
  {
    paths: PATHS,
    rule: statementRule((words, file) => {
      const [first] = words;
      const target = targetOf(words);
      const is_view = file.verb === "view" && target?.kind === "view";
      const is_temp = /^create (or replace )?temp (table|function) /.test(
        words.slice(0, 6).map(({ text }) => text).join(" "),
      );
      if (DDL.test(first.text) && !is_view && !is_temp) {
        return [at(file, first, `expected no "${first.text}" of what stays`)];
      }
      return CONTROL.test(first.text)
        ? [at(file, first, `expected a statement, found "${first.text}"`)]
        : [];
    }),
    bad: [
      [
        {
          [MERGE]:
            "create table a as\nselect 1 as b;\ndrop table a;\nalter table a add column c int64;\ncreate or replace view v as select 1 as b;\ngrant a on table b to 'c';\n",
          [VIEW]:
            "create view v as select 1 as b;\ncreate table c (d int64);\n",
          [CHECK]: "begin transaction;\ncommit;\nset a = 1;\n",
        },
        ...[1, 3, 4, 5, 6].map((line) => `${MERGE}:${line}`),
        `${VIEW}:2`,
        ...[1, 2, 3].map((line) => `${CHECK}:${line}`),
      ],
    ],
    good: [{
      [CLEAN]: "create or replace temp table a as select 1 as b;\n",
      [VIEW]: "create or replace view v as select 1 as b;\n",
      "sql/rides/postgres/040_merge_a.sql": "create table a (b integer);\n",
    }],
  },
);

tidyTest("the source of a merge is made unique by the keys of the merge", {
  paths: PATHS,
  rule: statementRule((words, file) => {
    if (words[0].text !== "merge") return [];
    const using = words.findIndex(({ text, depth }) =>
      text === "using" && depth === 0
    );
    const close = words.findIndex(({ text, depth }, i) =>
      i > using && text === ")" && depth === 0
    );
    const source = words.slice(using + 2, close);
    const unique = words[using + 1].text === "(" ? uniqueBy(source) : [];
    const alias = words[close + 2]?.text;
    const rest = words.slice(close + 3);
    const on = rest.slice(0, rest.findIndex(({ text }) => text === "when"));
    const keys = on.filter((_, i) =>
      on[i - 2]?.text === alias && on[i - 1].text === "."
    ).map(({ text }) => text);
    return unique.length && unique.every((column) => keys.includes(column))
      ? []
      : [at(
        file,
        words[using],
        `expected "group by" or "qualify row_number()" by ${
          keys.join(", ")
        }, found "${unique.join(", ")}"`,
      )];
  }),
  bad: [
    ...[
      "b",
      "(select d from b)",
      "(select d from b qualify row_number() over (partition by e order by f) = 1)",
      "(select d from b qualify rank() over (partition by d order by f) = 1)",
      "(select d from b qualify row_number() over (partition by d order by f) = 2)",
      "(select d from b group by d, e)",
      "(with g as (select d from b group by d) select d from g)",
    ].map((source) =>
      [{
        [MERGE]:
          `merge into a\nusing ${source} as c on a.d = c.d when matched then delete;\n`,
      }, `${MERGE}:2`] as [Record<string, string>, string]
    ),
  ],
  good: [
    "(select d, e from b qualify row_number() over (partition by b.d, e order by f) = 1)",
    "(select d, sum(e) as f from b group by d)",
  ].map((source) => ({
    [MERGE]:
      `merge into a\nusing ${source} as c on a.d = c.d and a.e = c.e when matched then delete;\n`,
  })),
});

/** The columns by which a select keeps one row each; none if it does not. */
function uniqueBy(words: Word[]): string[] {
  const depth = words[0]?.depth;
  const from = (clause: string) =>
    words.findIndex((word) => word.depth === depth && word.text === clause);
  const group = from("group");
  if (group >= 0) {
    const columns = words.slice(group + 2);
    const end = columns.findIndex((word) =>
      word.depth === depth && /^(having|qualify|order|limit)$/.test(word.text)
    );
    return columnsOf(end < 0 ? columns : columns.slice(0, end));
  }
  const qualify = from("qualify");
  const texts = words.slice(qualify + 1).map(({ text }) => text).join(" ");
  const columns = texts.match(
    /^row_number \( \) over \( partition by (.*) order by [^()]*\) = 1$/,
  )?.[1];
  return qualify < 0 || !columns
    ? []
    : columns.split(" , ").map((column) => column.split(" . ").at(-1)!);
}

tidyTest(
  "no file scans history: what is read of partitioned tables has bounds",
  {
    paths: PATHS,
    rule: (files) => {
      const tables = partitionedTables(files);
      return statementRule((words, file, jobs) => {
        if (file.verb === "view") return [];
        const variables = variablesFor(file, jobs);
        const uses = usesOf(words).filter(({ name }) => tables.has(name));
        const wanted = Map.groupBy(uses, ({ alias }) => alias);
        return [...wanted].flatMap(([alias, some]) => {
          const columns = tables.get(some[0].name)!;
          const bounds = words.filter((word, i) =>
            columns.includes(word.text) && isBound(words, i, variables) &&
            (words[i - 1]?.text === "."
              ? words[i - 2].text === alias
              : isAlone(uses, word, tables))
          );
          return some.slice(bounds.length).map(({ word, name }) =>
            at(
              file,
              word,
              `${name} is read whole: expected bounds of ${
                [...new Set(columns)].join(" or ")
              } by variables`,
            )
          );
        });
      })(files);
    },
    bad: [
      [
        {
          ...TABLES,
          [COMPARE]:
            "declare low int64 default (select min(ride_id) from new_rides);\nselect 1 from rides as kept\nwhere kept.ride_id between low and high;\nselect 1 from new_rides\njoin days as kept on kept.day = new_rides.day and new_rides.day = low;\nselect 1 from rides;\n",
          [VIEW.replace("view", "show")]:
            "declare day date default (select 1);\nselect 1 from days as one\njoin days as two on one.ride_id = two.ride_id where day = day;\n",
          [MERGE]:
            "merge into days as kept using a on kept.day = a.day when matched then delete;\nupdate rides set day = null\nwhere ride_id = 1;\ndelete from days\nwhere day in (select day from a);\n",
          [CHECK]:
            "select 1 from rides as one\njoin rides as other on one.ride_id = other.ride_id\nand one.ride_id between low and low;\n",
        },
        `${COMPARE}:2`,
        `${COMPARE}:5`,
        `${COMPARE}:6`,
        `${VIEW.replace("view", "show")}:2`,
        `${VIEW.replace("view", "show")}:3`,
        `${MERGE}:1`,
        `${MERGE}:2`,
        `${MERGE}:4`,
        `${CHECK}:2`,
      ],
    ],
    good: [{
      ...TABLES,
      [COMPARE]:
        "declare low int64 default (select min(ride_id) from a);\nselect 1 from rides as kept where kept.ride_id between low and low;\nselect 1 from days join a on a.b = days.ride_id where day between low and low;\n",
      [MERGE]:
        "delete from days where day between low and low;\nmerge into rides as kept using a on kept.ride_id between low and low when matched then delete;\ninsert into rides select days.ride_id from days where days.day = low;\n",
      [VIEW]: "create view a as select ride_id from rides;\n",
    }],
  },
);

/** Tables that a statement goes through, read or changed, under the names it gives them. */
function usesOf(words: Word[]) {
  const target = targetOf(words);
  const is_searched = /^(merge|update|delete)$/.test(target?.action ?? "");
  const all = [...tablesRead(words), ...(is_searched ? [target!] : [])];
  return all.map(({ name, word, next }) => {
    const i = words.indexOf(next!);
    return {
      name,
      word,
      alias: next?.text === "as" ? words[i + 1].text : name,
    };
  }).sort((one, other) => one.word.start - other.word.start);
}

/** Whether a bare column can only be of the one table that a statement goes through. */
function isAlone(
  uses: { name: string }[],
  column: Word,
  tables: Map<string, string[]>,
): boolean {
  const owners = uses.filter(({ name }) =>
    tables.get(name)!.includes(column.text)
  );
  return owners.length === 1;
}

/** `between low and high`, `= day` or `in unnest(days)`, with variables alone. */
function isBound(words: Word[], i: number, variables: Set<string>): boolean {
  const [first, second, third, fourth] = words.slice(i + 1, i + 5)
    .map(({ text }) => text);
  return first === "between"
    ? variables.has(second) && third === "and" && variables.has(fourth)
    : first === "="
    ? variables.has(second)
    : first === "in" && second === "unnest" && variables.has(fourth);
}

tidyTest("a variable is made once in a folder, from a default", {
  paths: PATHS,
  rule: (files) => {
    const seen = new Set<string>();
    return statementRule((words, file) => {
      const variable = variableOf(words);
      if (!variable) return [];
      const key = `${file.job} ${variable.text}`;
      const is_new = !seen.has(key);
      seen.add(key);
      const texts = words.map(({ text }) => text);
      return [
        ...(is_new ? [] : [at(file, variable, `${variable.text} is there`)]),
        ...(texts[3] === "default" && texts[4] === "("
          ? []
          : [at(file, variable, "expected one name, its type and a default")]),
      ];
    })(files);
  },
  bad: [
    [
      {
        [COMPARE]: "declare a int64 default (select 1);\ndeclare b int64;\n",
        [MERGE]: "declare a int64 default (select 2);\ndeclare c, d int64;\n",
      },
      `${COMPARE}:2`,
      `${MERGE}:1`,
      `${MERGE}:2`,
    ],
  ],
});
