/** lib knows no pipeline: the names that its migrations give do not stand there. */
import { namesMade } from "./names_made.ts";
import { eachLine, type TidyFile, tidyTest } from "./tidy.ts";

/** What every staging table has, what says how a row came, and plain English. */
const COMMON =
  "batch line_number body object inserted_at updated_at title score tag tags comment"
    .split(
      " ",
    );

/** Files of lib, and the migrations from which the forbidden names come. */
const PATHS = /^(scripts\/lib\/.*\.ts|migrations\/.*\.sql)$/;

function forbidden(files: TidyFile[]): Set<string> {
  const migrations = files.filter(({ path }) =>
    /^migrations\/\w+\/(?!sluice\/)/.test(path)
  );
  const pipelines = migrations.map(({ path }) => path.split("/")[2]);
  const made = [...namesMade(migrations)].flat(2);
  return new Set(
    [...pipelines, ...made].filter((name) => !COMMON.includes(name)),
  );
}

tidyTest("lib knows no pipeline, table or column of one", {
  paths: PATHS,
  rule: (files) => {
    const names = forbidden(files);
    return eachLine(
      files.filter(({ path }) => path.startsWith("scripts/lib/")),
      (line) => {
        const found = line.match(/\w+/g)?.find((word) => names.has(word));
        return found && `lib does not know "${found}"`;
      },
    );
  },
  bad: [
    [
      {
        "migrations/sqlite/rides/20260101000000_a.sql":
          "create table stations (\n    station_id integer primary key,\n    body text, dock_count integer\n);\n",
        "scripts/lib/run/a.ts":
          '"rides";\nconst stations = 1;\n// station_id\nbody;\n`${a.dock_count}`;\n"my_rides";\n',
      },
      "scripts/lib/run/a.ts:1",
      "scripts/lib/run/a.ts:2",
      "scripts/lib/run/a.ts:3",
      "scripts/lib/run/a.ts:5",
    ],
  ],
  good: [{
    "migrations/sqlite/sluice/20260101000000_a.sql":
      "create table sluice_runs (run_id text);\n",
    "scripts/lib/run/a.ts": '"sluice_runs";\nconst run_id = 1;\n',
  }],
});
