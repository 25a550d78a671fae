/** Migrations run once, in the same order everywhere, and can be taken back. */
import { at, tablesRead, targetOf, type Word, wordsOf } from "./sql.ts";
import { splitStatements } from "../../scripts/lib/warehouse/sql_tokens.ts";
import { type TidyFile, tidyTest } from "./tidy.ts";

const PATHS = /^migrations\//;
const FIRST = "migrations/sqlite/rides/20260101000000_create_rides.sql";
const TWIN = "migrations/postgres/rides/20260101000000_create_rides.sql";
const BIGQUERY = "migrations/bigquery/rides/20260101000000_create_rides.sql";
const UP_AND_DOWN =
  "-- migrate:up\n\ncreate table a (b integer);\n\n-- migrate:down\n\ndrop table a;\n";

tidyTest("migrations are called by time and deed, in a folder of a pipeline", {
  paths: PATHS,
  rule: (files) =>
    files
      .filter(({ path }) =>
        !/^migrations\/\w+\/\w+\/\d{14}_[a-z][a-z0-9_]*\.sql$/.test(path)
      )
      .map(({ path }) =>
        `${path}:1: expected migrations/<dialect>/<pipeline>/YYYYMMDDhhmmss_deed.sql`
      ),
  bad: [
    [
      { "migrations/sqlite/rides/1_a.sql": "", "migrations/sqlite/a.sql": "" },
      "migrations/sqlite/rides/1_a.sql:1",
      "migrations/sqlite/a.sql:1",
    ],
  ],
  good: [{ [FIRST]: "" }],
});

tidyTest("a migration has its way up and its way down", {
  paths: PATHS,
  rule: (files) =>
    files.flatMap(({ path, text }) => {
      const [before, up, down] = text.split(/^-- migrate:(?:up|down).*$/m);
      const order = [...text.matchAll(/^-- migrate:(\w+)/gm)].map(([, way]) =>
        way
      );
      const has = (part = "") => splitStatements(part).length > 0;
      const is_right = order.join() === "up,down" && !before.trim() &&
        has(up) && has(down);
      return is_right ? [] : [
        `${path}:1: expected "-- migrate:up", statements, "-- migrate:down", statements`,
      ];
    }),
  bad: [
    [
      { [FIRST]: "-- migrate:up\n\ncreate table a (b integer);\n" },
      `${FIRST}:1`,
    ],
    [
      { [FIRST]: UP_AND_DOWN.replace("drop table a;\n", "-- none\n") },
      `${FIRST}:1`,
    ],
    [{ [FIRST]: `create table c (d integer);\n${UP_AND_DOWN}` }, `${FIRST}:1`],
  ],
  good: [{ [FIRST]: UP_AND_DOWN }],
});

tidyTest("versions are unique over the pipelines of a dialect", {
  paths: PATHS,
  rule: (files) => {
    const seen = new Map<string, string>();
    return files.flatMap(({ path }) => {
      const [, dialect, version] =
        path.match(/^migrations\/(\w+)\/.*?(\d+)_/) ?? [];
      const key = `${dialect} ${version}`;
      const other = seen.get(key);
      seen.set(key, path);
      return other ? [`${path}:1: ${other} has the same version`] : [];
    });
  },
  bad: [
    [
      { [FIRST]: "", [FIRST.replaceAll("rides", "docks")]: "" },
      `${FIRST.replaceAll("rides", "docks")}:1`,
    ],
  ],
  good: [{ [FIRST]: "", [TWIN]: "" }],
});

tidyTest("a migration has a twin in each dialect of its pipeline", {
  paths: PATHS,
  rule: (files) => {
    const parts = migrationsOf(files).filter(({ dialect }) =>
      dialect !== "bigquery"
    );
    return parts.flatMap(({ path, pipeline, name }) => {
      const own = parts.filter((part) => part.pipeline === pipeline);
      const missing = [...new Set(own.map(({ dialect }) => dialect))].filter(
        (dialect) =>
          !own.some((part) => part.dialect === dialect && part.name === name),
      );
      return missing.map((dialect) =>
        `${path}:1: expected migrations/${dialect}/${pipeline}/${name} too`
      );
    });
  },
  bad: [
    [
      { [FIRST]: "", [TWIN]: "", [FIRST.replace("create", "alter")]: "" },
      `${FIRST.replace("create", "alter")}:1`,
    ],
  ],
  good: [{ [FIRST]: "" }],
});

tidyTest("what a pipeline's migrations make is there in BigQuery, too", {
  paths: PATHS,
  rule: (files) => {
    const made = migrationsOf(files).flatMap((file) =>
      statementsOf(file).flatMap((words) => {
        const target = targetOf(words);
        return target?.action === "create" ? [{ file, words, target }] : [];
      })
    );
    const isThere = (pipeline: string, is_bigquery: boolean, name?: string) =>
      made.some(({ file, target }) =>
        file.pipeline === pipeline &&
        (file.dialect === "bigquery") === is_bigquery &&
        (!name || target.name === name)
      );
    return made.flatMap(({ file, words, target: { name } }) => {
      const { pipeline, dialect } = file;
      const is_elsewhere = dialect !== "bigquery";
      return !isThere(pipeline, is_elsewhere) ||
          isThere(pipeline, is_elsewhere, name)
        ? []
        : [
          at(
            file,
            words[0],
            `expected ${name} in ${is_elsewhere ? "bigquery" : "others"} too`,
          ),
        ];
    });
  },
  bad: [
    [
      {
        [FIRST]: UP_AND_DOWN.replace(";", ";\ncreate table c (d integer);"),
        [BIGQUERY]: UP_AND_DOWN,
        [BIGQUERY.replace("00_", "01_")]: UP_AND_DOWN.replaceAll(" a", " e"),
      },
      `${FIRST}:4`,
      `${BIGQUERY.replace("00_", "01_")}:3`,
    ],
  ],
  good: [
    { [FIRST]: UP_AND_DOWN, [BIGQUERY.replace("rides", "docks")]: UP_AND_DOWN },
    { [BIGQUERY]: UP_AND_DOWN },
  ],
});

const REPEATABLE =
  /^(create (table|view) if not exists|create or replace view|drop (table|view) if exists|alter table \w+ (add|drop) column if|(insert|merge) into .* where not exists |delete from)/;

tidyTest("a migration of BigQuery has one statement, which may run twice", {
  paths: PATHS,
  rule: (files) =>
    files.flatMap((file) => {
      if (!file.path.startsWith("migrations/bigquery/")) return [];
      const [up, down] = ["up", "down"].map((way) => statementsOf(file, way));
      return [up, down].flatMap((statements) =>
        statements.flatMap((words, i) => {
          const texts = words.map(({ text }) => text).join(" ");
          return i > 0
            ? [at(file, words[0], "no transaction holds it and the one above")]
            : REPEATABLE.test(texts)
            ? []
            : [at(file, words[0], "a run that is cut here fails from then on")];
        })
      );
    }),
  bad: [
    [{ [BIGQUERY]: UP_AND_DOWN }, `${BIGQUERY}:3`, `${BIGQUERY}:7`],
    [
      {
        [BIGQUERY]:
          "-- migrate:up\ncreate table if not exists a (b int64);\ninsert into a\nselect 1 from c where not exists (select 1 from a);\n-- migrate:down\ndrop table if exists a;\n",
      },
      `${BIGQUERY}:3`,
    ],
  ],
  good: [{ [FIRST]: UP_AND_DOWN }, {
    [BIGQUERY]:
      "-- migrate:up\ncreate or replace view a as select 1 as b;\n-- migrate:down\ndrop view if exists a;\n",
  }],
});

interface Migration extends TidyFile {
  dialect: string;
  pipeline: string;
  name: string;
}

function migrationsOf(files: TidyFile[]): Migration[] {
  return files.flatMap((file) => {
    const match = file.path.match(/^migrations\/(\w+)\/(\w+)\/(.*)$/);
    if (!match) return [];
    const [, dialect, pipeline, name] = match;
    return [{ ...file, dialect, pipeline, name }];
  });
}

/** The words of each statement on the way up, or down. */
function statementsOf({ text }: TidyFile, way = "up"): Word[][] {
  const down = text.search(/^-- migrate:down/m);
  const [start, end] = way === "up" ? [0, down] : [down, undefined];
  return splitStatements(text.slice(start, end)).map((statement) =>
    wordsOf(statement.text, start + statement.start)
  );
}

tidyTest("migrations qualify no name, and say with where what they change", {
  paths: PATHS,
  rule: (files) =>
    files.flatMap((file) =>
      splitStatements(file.text).flatMap(({ text, start }) => {
        const words = wordsOf(text, start);
        const target = targetOf(words);
        const named = [...tablesRead(words), ...(target ? [target] : [])];
        const is_bare = /^(update|delete)$/.test(target?.action ?? "") &&
          !words.some((word) => word.text === "where");
        return [
          ...named.filter(({ schema }) => schema).map((
            { word, name, schema },
          ) => at(file, word, `expected "${name}", found "${schema}.${name}"`)),
          ...(is_bare
            ? [at(file, words[0], `it concerns all of ${target!.name}`)]
            : []),
        ];
      })
    ),
  bad: [
    [
      {
        [FIRST]:
          "create table main.a (\nb integer);\nupdate a set b = 1;\ndelete from a;\n",
      },
      `${FIRST}:1`,
      `${FIRST}:3`,
      `${FIRST}:4`,
    ],
  ],
  good: [{ [FIRST]: UP_AND_DOWN }],
});
