/** The same job in two warehouses is two sibling folders that say the same. */
import { type JobSql, jobSqlFiles } from "./sql.ts";
import { type TidyFile, tidyTest } from "./tidy.ts";

const PATHS = /^sql\/[^/]+\/[^/]+\/[^/]+\.sql$/;
const SQLITE = "sql/rides/sqlite/010_clean_rides.sql";
const POSTGRES = "sql/rides/postgres/010_clean_rides.sql";
const OTHER = "sql/rides/sqlite/020_dedup_rides.sql";

/** The files of each job by name, one per dialect that has it. */
function siblings(files: TidyFile[]): JobSql[][] {
  const groups = Map.groupBy(
    jobSqlFiles(files),
    ({ job, name }) => `${job}/${name}`,
  );
  return [...groups.values()];
}

tidyTest("twins have the same file names", {
  paths: PATHS,
  rule: (files) => {
    const dialects = Map.groupBy(
      jobSqlFiles(files).map(({ job, dialect }) => ({ job, dialect })),
      ({ job }) => job,
    );
    return siblings(files).flatMap((group) => {
      const [{ job, name, path }] = group;
      const all = new Set(dialects.get(job)!.map(({ dialect }) => dialect));
      const missing = [...all].filter((dialect) =>
        !group.some((file) => file.dialect === dialect)
      );
      return missing.map((dialect) =>
        `${path}:1: expected sql/${job}/${dialect}/${name} too, found none`
      );
    });
  },
  bad: [
    [
      { [SQLITE]: "-- A.\n", [POSTGRES]: "-- A.\n", [OTHER]: "-- B.\n" },
      `${OTHER}:1`,
    ],
  ],
  good: [{ [SQLITE]: "-- A.\n", [OTHER]: "-- B.\n" }],
});

tidyTest("twins share sentence, reads, writes, grain and why word for word", {
  paths: PATHS,
  rule: (files) =>
    siblings(files).flatMap(([first, ...others]) =>
      others.flatMap((other) =>
        ["sentence", "reads", "writes", "grain", "why", "on failure"]
          .flatMap((key) => {
            const said = (file: JobSql) =>
              key === "sentence" ? file.sentence : file.header.get(key);
            return said(first) === said(other) ? [] : [
              `${other.path}:1: ${key}: expected "${said(first)}" as in ` +
              `${first.path}, found "${said(other)}"`,
            ];
          })
      )
    ),
  bad: [
    [{ [SQLITE]: "-- A.\n", [POSTGRES]: "-- B.\n" }, `${POSTGRES}:1`],
    ...["reads", "writes", "grain", "why", "on failure"].map((key) =>
      [
        {
          [SQLITE]: `-- A.\n--\n-- ${key}: a\n`,
          [POSTGRES]: `-- A.\n--\n-- ${key}: b\n`,
        },
        `${POSTGRES}:1`,
      ] as [Record<string, string>, string]
    ),
  ],
  good: [{
    [SQLITE]: "-- A\n-- b.\n--\n-- why: a\n--       b\n",
    [POSTGRES]: "-- A b.\n--\n-- why: a b\n",
  }],
});

tidyTest("differs is there exactly when the bodies of twins differ", {
  paths: PATHS,
  rule: (files) =>
    siblings(files).flatMap((group) => {
      const differ = new Set(group.map(({ sql }) => sql.trim())).size > 1;
      return group
        .filter(({ header }) => Boolean(header.get("differs")) !== differ)
        .map(({ path }) =>
          differ
            ? `${path}:1: its twin has another body: expected a line "differs:"`
            : `${path}:1: its twins are equal: expected no line "differs:"`
        );
    }),
  bad: [
    [
      {
        [SQLITE]: "-- A.\n--\n-- why: a\n\nselect 1;\n",
        [POSTGRES]: "-- A.\n--\n-- why: a\n-- differs: so\n\nselect 2;\n",
      },
      `${SQLITE}:1`,
    ],
    [
      {
        [SQLITE]: "-- A.\n--\n-- differs: so\n\nselect 1;\n",
        [POSTGRES]: "-- A.\n--\n-- differs: so\n\nselect 1;\n",
      },
      `${SQLITE}:1`,
      `${POSTGRES}:1`,
    ],
    [{ [OTHER]: "-- A.\n--\n-- differs: so\n\nselect 1;\n" }, `${OTHER}:1`],
  ],
  good: [{
    [SQLITE]: "-- A.\n--\n-- differs: so\n\nselect 1;\n",
    [POSTGRES]: "-- A.\n--\n-- differs: other\n\nselect 2;\n",
  }],
});
