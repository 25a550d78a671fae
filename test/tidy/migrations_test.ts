/** Migrations run once, in the same order everywhere, and can be taken back. */
import { at, tablesRead, targetOf, wordsOf } from "./sql.ts";
import { splitStatements } from "../../scripts/lib/warehouse/sql_tokens.ts";
import { tidyTest } from "./tidy.ts";

const PATHS = /^migrations\//;
const FIRST = "migrations/sqlite/rides/20260101000000_create_rides.sql";
const TWIN = "migrations/postgres/rides/20260101000000_create_rides.sql";
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
    const parts = files.flatMap(({ path }) => {
      const match = path.match(/^migrations\/(\w+)\/(\w+)\/(.*)$/);
      return match
        ? [{ path, dialect: match[1], pipeline: match[2], name: match[3] }]
        : [];
    });
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
