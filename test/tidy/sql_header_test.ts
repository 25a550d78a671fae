/** The header of a SQL file says what is true, and says so truly. */
import {
  at,
  type JobSql,
  jobSqlFiles,
  type TableName,
  tablesRead,
  targetsOf,
} from "./sql.ts";
import { type TidyFile, tidyTest } from "./tidy.ts";

const PATHS = /^sql\/[^/]+\/[^/]+\/[^/]+\.sql$/;
const KEYS = ["reads", "writes", "grain", "why", "on failure", "differs"];
/** Files that only select. */
const SELECTING = ["check", "show", "archive", "export"];

/** Looks at the header of each file; what is wrong is told at its first line. */
function headerRule(what: (file: JobSql) => string | undefined) {
  return (files: TidyFile[]) =>
    jobSqlFiles(files).flatMap((file) => {
      const wrong = what(file);
      return wrong ? [`${file.path}:1: ${wrong}`] : [];
    });
}

const CLEAN = "sql/rides/sqlite/010_clean_rides.sql";
const MERGE = "sql/rides/sqlite/040_merge_rides.sql";
const CHECK = "sql/rides/sqlite/030_check_rides_end.sql";

/** A file with this header above a statement. */
function example(header: string, statement = "select 1"): string {
  return `${
    header.replace(/^/gm, "-- ").replace(/^-- $/gm, "--")
  }\n\n${statement};\n`;
}

tidyTest("a header begins with one sentence", {
  paths: PATHS,
  rule: headerRule(({ sentence }) =>
    /^This\b/.test(sentence)
      ? 'expected what is true afterwards, found "This …"'
      : /^[A-Z].*[^.]\.$/.test(sentence) && !/[.!?] [A-Z]/.test(sentence)
      ? undefined
      : `expected one sentence with a full stop, found "${sentence}"`
  ),
  bad: [
    [{ [CLEAN]: "select 1;\n" }, `${CLEAN}:1`],
    [
      { [CLEAN]: example("Keep rides\n\ngrain:  one row per ride") },
      `${CLEAN}:1`,
    ],
    [{ [CLEAN]: example("Keep rides. Drop others.\n\nwhy: x") }, `${CLEAN}:1`],
    [{ [CLEAN]: example("This query keeps rides.\n\nwhy: x") }, `${CLEAN}:1`],
  ],
  good: [{ [CLEAN]: example("Keep rides, but\nonly those.\n\nwhy: x") }],
});

tidyTest("a header has no keys but the known ones", {
  paths: PATHS,
  rule: headerRule(({ header, text }) => {
    const keys = [...header.keys()];
    const unknown = keys.find((key) => !KEYS.includes(key));
    if (unknown) return `expected ${KEYS.join(", ")}, found "${unknown}"`;
    const top = text.match(/^(?:--[^\n]*\n)*/)![0];
    // A colon in the sentence, which stands above the first empty line, is no key.
    const below = top.slice(top.indexOf("\n--\n"));
    const lines = below.matchAll(/^-- ([a-z][a-z ]*):/gm);
    const all = [...lines].map((match) => match[1]);
    return all.length > keys.length ? "a key stands there twice" : undefined;
  }),
  bad: [
    [{ [CLEAN]: example("Keep.\n\nschedule: daily") }, `${CLEAN}:1`],
    [{ [CLEAN]: example("Keep.\n\nwhy: one\nwhy: two") }, `${CLEAN}:1`],
  ],
  good: [{ [CLEAN]: example("Keep this\nfor one: why not.\n\nwhy: one") }],
});

tidyTest("reads lists every table that is read, and no other", {
  paths: PATHS,
  rule: (files) =>
    jobSqlFiles(files).flatMap((file) => {
      const listed = listOf(file.header.get("reads"));
      const read = file.statement_words.flatMap(tablesRead);
      const unlisted = firstOfEach(read).filter(({ name }) =>
        !listed.includes(name)
      );
      return [
        ...unlisted.map(({ name, word }) =>
          at(file, word, `${name} is read, but not listed in reads`)
        ),
        ...listed.filter((name) => !read.some((one) => one.name === name))
          .map((name) =>
            `${file.path}:1: reads lists ${name}, nothing reads it`
          ),
      ];
    }),
  bad: [
    [
      {
        [CLEAN]: example(
          "Keep.\n\nreads: rides, bikes",
          `with old as (select 1 from "rides"),
new as (select 2 from old join stations on true)
select extract(day from a), trim(both from b) from new, lateral (select 1)
left join temp.docks as d on a is distinct from b
cross join json_each(body) where x in (select 1 from rides)`,
        ),
      },
      `${CLEAN}:6`,
      `${CLEAN}:8`,
      `${CLEAN}:1`,
    ],
    [
      {
        [MERGE]: example(
          "Keep.\n\nreads: b",
          "merge into a using c on true when matched then delete",
        ),
      },
      `${MERGE}:5`,
      `${MERGE}:1`,
    ],
    [
      { [MERGE]: example("Keep.\n\nwhy: x", "update a set x = 1 from b") },
      `${MERGE}:5`,
    ],
  ],
  good: [{ [MERGE]: example("Keep.\n\nwhy: x", "delete from a where true") }],
});

function firstOfEach(tables: TableName[]): TableName[] {
  return [
    ...new Map(tables.toReversed().map((one) => [one.name, one])).values(),
  ]
    .toReversed();
}

function listOf(text = ""): string[] {
  return text.split(",").map((name) => name.trim()).filter(Boolean);
}

const DELETE = "sql/rides/sqlite/040_delete_rides.sql";
const MOVE =
  "with d as (delete from a where true returning x) insert into b select x from d";

/** One statement moves a row from one table to another. */
const MOVING = ["delete", "restore"];

tidyTest("writes names the one table or view that is made or changed", {
  paths: PATHS,
  rule: (files) =>
    jobSqlFiles(files).flatMap((file) => {
      const targets = file.statement_words.flatMap(targetsOf);
      const listed = listOf(file.header.get("writes"));
      if (SELECTING.includes(file.verb)) {
        return [
          ...(listed.length
            ? [`${file.path}:1: a ${file.verb} writes nothing`]
            : []),
          ...targets.map(({ word, name }) =>
            at(file, word, `a ${file.verb} only selects, this changes ${name}`)
          ),
        ];
      }
      const made = targets.some(({ action }) => action !== "drop");
      return [
        ...(made ? [] : [`${file.path}:1: it makes or changes nothing`]),
        ...(listed.length > 1 && !MOVING.includes(file.verb)
          ? [`${file.path}:1: expected one table, found ${listed.join(", ")}`]
          : []),
        ...listed.slice(1)
          .filter((name) => !targets.some((one) => one.name === name))
          .map((name) => `${file.path}:1: ${name} is not changed`),
        ...targets.filter(({ name }) => !listed.includes(name)).map((
          { name, word },
        ) => at(file, word, `${name} is changed, writes says "${listed}"`)),
      ];
    }),
  bad: [
    [{ [CLEAN]: example("Keep.\n\nwrites: a") }, `${CLEAN}:1`],
    [
      {
        [CLEAN]: example(
          "Keep.\n\nwrites: a",
          "create temp table b as select 1",
        ),
      },
      `${CLEAN}:5`,
    ],
    [
      {
        [MERGE]: example(
          "Keep.\n\nwrites: a",
          "delete from a;\nupdate b set x = 1",
        ),
      },
      `${MERGE}:6`,
    ],
    [
      { [CHECK]: example("Good.\n\nwrites: a", "delete from a") },
      `${CHECK}:1`,
      `${CHECK}:5`,
    ],
    [{ [MERGE]: example("Keep.\n\nwrites: a, b", MOVE) }, `${MERGE}:1`],
    [
      { [DELETE]: example("Keep.\n\nwrites: b, c", MOVE) },
      `${DELETE}:1`,
      `${DELETE}:5`,
    ],
  ],
  good: [{ [DELETE]: example("Keep.\n\nwrites: a, b", MOVE) }],
});

tidyTest("grain says what one row is", {
  paths: PATHS,
  // A table of one row has no key: then "one row" is all there is to say.
  rule: headerRule(({ header }) =>
    /^one row($| per \w| if \w)/.test(header.get("grain") ?? "")
      ? undefined
      : `expected "one row per …", found "${header.get("grain") ?? ""}"`
  ),
  bad: [
    [{ [CLEAN]: example("Keep.\n\nwhy: x") }, `${CLEAN}:1`],
    [{ [CLEAN]: example("Keep.\n\ngrain: rides") }, `${CLEAN}:1`],
  ],
});

tidyTest("why is there; a check's sentence may be reason enough", {
  paths: PATHS,
  rule: headerRule(({ header, verb }) =>
    header.get("why") || verb === "check" ? undefined : "expected a why"
  ),
  bad: [
    [{ [CLEAN]: example("Keep.\n\ngrain: one row per a") }, `${CLEAN}:1`],
    [{ [CLEAN]: example("Keep.\n\nwhy:") }, `${CLEAN}:1`],
  ],
  good: [{ [CHECK]: example("Good.\n\ngrain: one row per a") }],
});

tidyTest("on failure stands in checks only, and is stop or warn", {
  paths: PATHS,
  rule: headerRule(({ header, verb }) => {
    const found = header.get("on failure");
    if (found === undefined) return undefined;
    if (verb !== "check") return `a ${verb} has no "on failure"`;
    return ["stop", "warn"].includes(found)
      ? undefined
      : `expected stop or warn, found "${found}"`;
  }),
  bad: [
    [{ [CLEAN]: example("Keep.\n\non failure: stop") }, `${CLEAN}:1`],
    [{ [CHECK]: example("Good.\n\non failure: mail") }, `${CHECK}:1`],
  ],
  good: [{ [CHECK]: example("Good.\n\non failure: warn") }],
});
