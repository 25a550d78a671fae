/** What the files of a SQL folder may do, by their verbs. */
import {
  at,
  type JobSql,
  jobSqlFiles,
  tablesRead,
  type Target,
  targetsOf,
  workingTables,
} from "./sql.ts";
import { type TidyFile, tidyTest } from "./tidy.ts";

const PATHS = /^sql\/[^/]+\/[^/]+\/[^/]+\.sql$/;
const FOLDER = "sql/rides/sqlite";
const CLEAN = `${FOLDER}/010_clean_rides.sql`;
const REJECT = `${FOLDER}/015_reject_rides.sql`;
const MERGE = `${FOLDER}/040_merge_rides.sql`;
const VIEW = `${FOLDER}/050_view_rides.sql`;

/** `choose` decides which rows a job is about; `count` adds up by key what it changed. */
const VERBS =
  "choose clean reject dedup check compare count merge view show archive delete restore export forget"
    .split(" ");
/** Verbs whose work it is to change tables that stay. */
const CHANGING = ["merge", "delete", "restore", "forget"];
const LINES_MAX = 80;
/** A clean file writes down what the sender may send, key by key. */
const CLEAN_LINES_MAX = 2 * LINES_MAX;
const KEYWORDS = /^(select|with|end|else|where|from|on|case|then|when)$/;

/** Calls `what` with each target of each file and its working tables. */
function targetRule(
  what: (
    target: Target,
    file: JobSql,
    working: Set<string>,
  ) => string | undefined,
) {
  return (files: TidyFile[]) => {
    const parsed = jobSqlFiles(files);
    return parsed.flatMap((file) => {
      const working = workingTables(
        parsed.filter(({ job, dialect }) =>
          job === file.job && dialect === file.dialect
        ),
      );
      return file.statement_words.flatMap((words) => {
        return targetsOf(words).flatMap((target) => {
          const wrong = what(target, file, working);
          return wrong ? [at(file, target.word, wrong)] : [];
        });
      });
    });
  };
}

tidyTest("SQL files are called NNN_verb_noun.sql, each number once", {
  paths: /^sql\/[^/]+\/[^/]+\/./,
  rule: (files) => {
    const numbers = new Set<string>();
    return files.flatMap(({ path }) => {
      const [, folder, name] = path.match(/^(.*)\/(.*)$/)!;
      const match = name.match(
        /^(\d{3})_([a-z]+)_[a-z0-9]+(?:_[a-z0-9]+)*\.sql$/,
      );
      if (!match) {
        return [`${path}:1: expected a name like 010_clean_rides.sql`];
      }
      const [, number, verb] = match;
      const is_new = !numbers.has(`${folder}/${number}`);
      numbers.add(`${folder}/${number}`);
      return [
        ...(VERBS.includes(verb) ? [] : [
          `${path}:1: expected one of ${VERBS.join(", ")}, found "${verb}"`,
        ]),
        ...(is_new ? [] : [`${path}:1: another file has the number ${number}`]),
      ];
    });
  },
  bad: [
    [
      {
        [CLEAN]: "",
        [`${FOLDER}/010_dedup_rides.sql`]: "",
        [`${FOLDER}/20_dedup_rides.sql`]: "",
        [`${FOLDER}/030_Check_rides.sql`]: "",
        [`${FOLDER}/040_transform_rides.sql`]: "",
        [`${FOLDER}/notes.txt`]: "",
      },
      `${FOLDER}/010_dedup_rides.sql:1`,
      `${FOLDER}/20_dedup_rides.sql:1`,
      `${FOLDER}/030_Check_rides.sql:1`,
      `${FOLDER}/040_transform_rides.sql:1`,
      `${FOLDER}/notes.txt:1`,
    ],
  ],
  good: [{ [CLEAN]: "", "sql/rides/postgres/010_clean_rides.sql": "" }],
});

tidyTest("working tables are temp, kept ones come from migrations", {
  paths: PATHS,
  rule: targetRule(({ action, kind, is_temp, schema }) =>
    kind === "view"
      ? undefined
      : action === "create" && !is_temp
      ? 'expected "create temp table"'
      : action === "drop" && !schema
      ? "expected temp.… or pg_temp.…, a bare name may be a kept table"
      : undefined
  ),
  bad: [
    [
      { [CLEAN]: "create table a as\nselect 1;\ndrop table a;\n" },
      `${CLEAN}:1`,
      `${CLEAN}:3`,
    ],
  ],
  good: [{
    [CLEAN]: "drop table if exists temp.a;\ncreate temp table a as select 1;\n",
    [VIEW]: "drop view if exists b;\ncreate view b as select 1;\n",
  }],
});

tidyTest("only a merge changes kept tables; a reject keeps rejected lines", {
  paths: PATHS,
  rule: targetRule(({ action, name }, { verb }, working) => {
    const is_change = !["create", "drop"].includes(action);
    if (!is_change || working.has(name) || CHANGING.includes(verb)) return;
    if (verb === "reject" && name === "sluice_rejected_lines") return;
    return `a ${verb} does not change ${name}`;
  }),
  bad: [
    [
      {
        [CLEAN]: "create temp table a as select 1;\ndelete from rides;\n",
        [REJECT]: "insert into rides\nselect 1;\n",
        [VIEW]: "create view b as select 1;\nupdate rides set a = 1;\n",
      },
      `${CLEAN}:2`,
      `${REJECT}:1`,
      `${VIEW}:2`,
    ],
  ],
  good: [{
    [CLEAN]: "create temp table a as select 1;\ninsert into a select 2;\n",
    [REJECT]: "insert into sluice_rejected_lines select 1;\n",
    [MERGE]: "merge into rides using a on true when matched then delete;\n",
  }],
});

tidyTest("what an update or a delete concerns is said by where", {
  paths: /^(sql|migrations)\/.*\.sql$/,
  rule: (files) =>
    jobSqlFiles(files).flatMap((file) =>
      file.statement_words.flatMap((words) => {
        return targetsOf(words).flatMap(({ action, word, name, end }) => {
          const is_bare = /^(update|delete)$/.test(action) &&
            !words.some(({ text, depth, start }) =>
              text === "where" && depth === word.depth &&
              start > word.start && start < end
            );
          return is_bare ? [at(file, word, `it concerns all of ${name}`)] : [];
        });
      })
    ),
  bad: [
    [
      {
        [MERGE]:
          "update a set b = (\nselect 1 from c where d = 1);\ndelete from a;\n" +
          "with e as (\ndelete from a)\ninsert into f select 1 where true;\n",
      },
      `${MERGE}:1`,
      `${MERGE}:3`,
      `${MERGE}:5`,
    ],
  ],
  good: [{
    [MERGE]: "delete from a where b = 1;\n" +
      "with c as (delete from a where b = 1) insert into d select 1;\n",
  }],
});

tidyTest("a view reads neither the run nor a working table", {
  paths: PATHS,
  rule: (files) => {
    const parsed = jobSqlFiles(files);
    return parsed.filter(({ verb }) => ["view", "show"].includes(verb))
      .flatMap((file) => {
        const working = workingTables(
          parsed.filter(({ job }) => job === file.job),
        );
        return file.statement_words.flatMap(tablesRead)
          .filter(({ name }) =>
            name === "current_run" || name.startsWith("staging_") ||
            working.has(name)
          )
          .map(({ name, word }) =>
            at(file, word, `${name} is gone when the run has ended`)
          );
      });
  },
  bad: [
    [
      {
        [CLEAN]: "create temp table clean_rides as select 1;\n",
        [VIEW]:
          "create view b as select 1 from rides\njoin clean_rides on true\ncross join current_run\ncross join staging_rides;\n",
      },
      `${VIEW}:2`,
      `${VIEW}:3`,
      `${VIEW}:4`,
    ],
  ],
  good: [{
    [VIEW]:
      "create view b as with c as (select 1 from rides) select 1 from c;\n",
  }],
});

tidyTest("a check is one select", {
  paths: PATHS,
  rule: (files) =>
    jobSqlFiles(files)
      .filter(({ verb }) =>
        ["check", "show", "archive", "export"].includes(verb)
      )
      .filter(({ statement_words: [words, ...more] }) =>
        more.length || !["select", "with"].includes(words?.[0].text)
      )
      .map(({ path, verb }) => `${path}:1: a ${verb} is one select`),
  bad: [
    [
      { [`${FOLDER}/030_check_a.sql`]: "select 1;\nselect 2;\n" },
      `${FOLDER}/030_check_a.sql:1`,
    ],
    [
      { [`${FOLDER}/060_show_a.sql`]: "pragma a;\n" },
      `${FOLDER}/060_show_a.sql:1`,
    ],
    [
      { [`${FOLDER}/030_check_a.sql`]: "-- Nothing.\n" },
      `${FOLDER}/030_check_a.sql:1`,
    ],
  ],
  good: [{
    [`${FOLDER}/030_check_a.sql`]: "with a as (select 1) select 2 from a;\n",
  }],
});

/** Columns and nothing else: `rides.ride_id as id,`, `'$.Id', '$.Day',`, `a = new.a`. */
function isColumnLine(line: string): boolean {
  const text = line.trim().replace(/,$/, "");
  if (KEYWORDS.test(text)) return false;
  return / as "?\w+"?$/.test(text) ||
    text.split(", ").every((part) =>
      /^("?[\w.$]+"?|'[^']*')( = [\w.]+)?$/.test(part)
    );
}

tidyTest("a SQL file fits on a screen, besides its columns", {
  paths: PATHS,
  rule: (files) =>
    jobSqlFiles(files).flatMap(({ path, text, verb }) => {
      const most = verb === "clean" ? CLEAN_LINES_MAX : LINES_MAX;
      const lines = text.split("\n").filter((line) =>
        line.trim() && !isColumnLine(line)
      );
      return lines.length > most
        ? [
          `${path}:1: expected at most ${most} lines besides columns, found ${lines.length}`,
        ]
        : [];
    }),
  bad: [
    [
      { [CLEAN]: "or a = 1 + 1\n".repeat(CLEAN_LINES_MAX + 1) },
      `${CLEAN}:1`,
    ],
  ],
  good: [{
    [CLEAN]: "select\n" +
      "    a,\n    b.c as d,\n    e = b.e,\n    cast(a as b) as c,\n\n".repeat(
        50,
      ),
  }],
});
