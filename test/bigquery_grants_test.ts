/** What an administrator gives to teams in BigQuery, as far as it can be tried here. */
import { assert, assertEquals } from "@std/assert";
import { givenFile } from "../scripts/lib/store/arrivals.ts";
import { readBigqueryUrl } from "../scripts/lib/warehouse/bigquery_url.ts";
import { openWarehouse } from "../scripts/lib/warehouse/open_warehouse.ts";
import { splitStatements } from "../scripts/lib/warehouse/sql_tokens.ts";
import { allRows } from "../scripts/lib/warehouse/warehouse.ts";
import { bigqueryTest } from "./support/bigquery_server.ts";
import { makeEnvironment } from "./support/environment.ts";
import { runInProcess } from "./support/run_in_process.ts";
import { zetaSqlTest } from "./support/zetasql.ts";

const FILE = "sql/catalog/grant_views_bigquery.sql";
const HEADER =
  "brand,category_id,comment,currency,description,image,year_release".split(
    ",",
  );

zetaSqlTest("the grants of catalog are understood", async (zetasql) => {
  await zetasql.parse(await Deno.readTextFile(FILE));
});

// Who may read what is known to the service alone: no stand-in has users.
bigqueryTest(
  "each view that a team is given is the view of its job",
  async () => {
    await using environment = await makeEnvironment("bigquery");
    const { settings } = environment;
    // Two days: the views of the latest one are others than those of all.
    for (const day of ["2021-04-02", "2021-04-03"]) {
      const name = `product_catalog_${day.replaceAll("-", "")}.csv`;
      const told = { format: "csv", label: day };
      const { exit, stderr } = await runInProcess({
        job: "catalog",
        feeds: {
          catalog: {
            arrivals: givenFile(`data/catalog/${name}`, told),
            header: HEADER,
          },
        },
        settings,
        options: { warehouse: "bigquery" },
      });
      assertEquals(exit, 0, stderr);
    }
    const { dataset } = readBigqueryUrl(settings.bigquery_url!);
    const text = (await Deno.readTextFile(FILE))
      .replaceAll(/\bwarehouse\./g, `${dataset}.`);
    const warehouse = await openWarehouse("bigquery", settings);
    const views: [team: string, name: string][] = [];
    try {
      for (const statement of splitStatements(text)) {
        if (statement.text.startsWith("grant")) continue;
        await warehouse.execute(statement.text);
        const view = statement.text.match(/^create .*view (\w+)\.(\w+)/);
        if (view) views.push([view[1], view[2]]);
      }
      assertEquals(views.length, 4);
      for (const [team, name] of views) {
        const given = await allRows(warehouse, `select * from ${team}.${name}`);
        const own = await allRows(warehouse, `select * from ${team}_${name}`);
        assert(given.length, `${team}.${name} is empty`);
        assertEquals(sorted(given), sorted(own));
      }
    } finally {
      for (const team of new Set(views.map(([team]) => team))) {
        await warehouse.execute(`drop schema if exists ${team} cascade`);
      }
      await warehouse.close();
    }
  },
);

function sorted(rows: Record<string, unknown>[]): string[] {
  return rows.map((row) =>
    JSON.stringify(
      row,
      (_, value) => typeof value === "bigint" ? String(value) : value,
    )
  ).sort();
}
