/** Every BigQuery file is judged by ZetaSQL, which BigQuery's own analyzer is. */
import { assertEquals } from "@std/assert";
import { judgeFolder, migratedCatalog } from "./support/judge_sql.ts";
import { zetaSqlTest } from "./support/zetasql.ts";
import { readTree, type TidyFile } from "./tidy/tidy.ts";

const MIGRATIONS = /^migrations\/bigquery\/.*\.sql$/;
const FOLDER = /^sql\/\w+\/bigquery\//;

zetaSqlTest(
  "every BigQuery file is understood and fits the tables",
  async (zetasql) => {
    const files = [...readTree("migrations"), ...readTree("sql")];
    const migrations = files.filter(({ path }) => MIGRATIONS.test(path));
    const folders = Map.groupBy(
      files.filter(({ path }) => FOLDER.test(path)),
      ({ path }) => path.match(FOLDER)![0],
    );
    const { catalog, faults } = await migratedCatalog(zetasql, migrations);
    for (const folder of folders.values()) {
      faults.push(...await judgeFolder(zetasql, { files: folder, catalog }));
    }
    assertEquals(faults, []);
    assertEquals(folders.size > 0, true, "no file was looked at");
  },
);

const RIDES: TidyFile = {
  path: "migrations/bigquery/rides/20260101000000_create_rides.sql",
  text: "-- migrate:up\n\ncreate table rides (\n    ride_id int64 not null,\n" +
    "    started_at timestamp\n)\npartition by date(started_at);\n\n" +
    "-- migrate:down\n\ndrop table rides;\n",
};

/** A file that must be found wrong, and where. */
const BAD: [text: string, fault: string][] = [
  [
    "-- Keep.\n\nselect ride_id\nfrom bikes;\n",
    "f.sql:4:6: Table not found: bikes",
  ],
  [
    "select ride_id from rides;\n\nselect\n    bike_id\nfrom rides;\n",
    "f.sql:4:5: Unrecognized name: bike_id",
  ],
  ["select 1 +;\n", "f.sql:1:11: Syntax error: Unexpected end of statement"],
  [
    "create or replace temp table bikes as\nselect ride_id from rides;\n" +
    "select bikes.dock from bikes;\n",
    "f.sql:3:14: Name dock not found inside bikes",
  ],
  [
    "insert into rides (ride_id) values ('a');\n",
    "f.sql:1:37: Value has type STRING which cannot be inserted into column " +
    "ride_id, which has type INT64",
  ],
  [
    "declare lowest int64 default (\n    select min(bike_id) from rides\n);\n",
    "f.sql:2:16: Unrecognized name: bike_id",
  ],
  [
    "declare lowest int64 default (select min(started_at) from rides);\n",
    "f.sql:1:1: expected lowest to be int64",
  ],
  [
    "declare lowest int64 default (select min(ride_id) from rides);\n" +
    "select ride_id from rides where started_at > lowest;\n",
    "f.sql:2:33: No matching signature for operator > for argument types: TIMESTAMP, INT64.",
  ],
  [
    "update rides set ride_id = 1;\n",
    "f.sql:1:1: UPDATE must have a WHERE clause",
  ],
];

zetaSqlTest(
  "what is wrong in a BigQuery file is told with its place",
  async (zetasql) => {
    const { catalog, faults } = await migratedCatalog(zetasql, [RIDES]);
    assertEquals(faults, []);
    for (const [text, fault] of BAD) {
      const files = [{ path: "f.sql", text }];
      const found = await judgeFolder(zetasql, { files, catalog });
      assertEquals(found.map((one) => one.slice(0, fault.length)), [fault]);
    }
  },
);

zetaSqlTest(
  "a migration is judged on its way up and on its way down",
  async (zetasql) => {
    const { path } = RIDES;
    const text = RIDES.text.replace("timestamp", "text")
      .replace("drop table rides", "delete from docks where true");
    const { faults } = await migratedCatalog(zetasql, [{ path, text }]);
    assertEquals(faults, [
      `${path}:5:16: Type not found: text`,
      `${path}:11:13: Table not found: docks`,
    ]);
  },
);

zetaSqlTest(
  "a file may use the run, its variables and the tables of those before",
  async (zetasql) => {
    const { catalog } = await migratedCatalog(zetasql, [RIDES]);
    const files = [
      "declare lowest int64 default (select min(ride_id) from rides);\n" +
      "create or replace temp table late_rides as\n" +
      "select ride_id, current_run.run_id from rides cross join current_run\n" +
      "where ride_id >= lowest\n" +
      "qualify row_number() over (partition by ride_id order by rides.started_at) = 1;\n",
      "select run_id from late_rides where ride_id > lowest;\n",
    ].map((text, number) => ({ path: `${number}.sql`, text }));
    assertEquals(await judgeFolder(zetasql, { files, catalog }), []);
  },
);
