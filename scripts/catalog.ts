/**
 * catalog: the products of a day, loaded as they are and cleaned in the warehouse.
 *
 *   deno task catalog data/catalog/product_catalog_20210403.csv
 *   deno task catalog https://shop.example.org/product_catalog.csv --date 2021-04-05
 *   deno task catalog "s3://shop/product_catalog_{yyyymmdd}.csv" --from 2021-04-01 --to 2021-04-05
 *
 * The file is CATALOG_URL when none is given. Without --date its day is in its
 * name; a name without a day is a full catalog of today, in UTC.
 */
import { DAY_FLAGS, dayFiles, eachDay } from "./lib/cli/days.ts";
import {
  givenPath,
  JOB_FLAGS,
  REPLACE_FLAG,
  requiredVariable,
} from "./lib/cli/inputs.ts";
import { main } from "./lib/cli/main.ts";
import { chooseWarehouse } from "./lib/cli/warehouse_choice.ts";
import { delivery } from "./lib/run/delivery.ts";
import { runJob } from "./lib/run/run_job.ts";

const HEADER =
  "brand,category_id,comment,currency,description,image,year_release".split(
    ",",
  );
const TRY_WITHOUT =
  "see .env.example, or give a file: deno task catalog data/catalog/product_catalog_20210403.csv";

await main(
  {
    arguments: ["<file or URL>"],
    counts: [0, 1],
    flags: { ...JOB_FLAGS, ...DAY_FLAGS, ...REPLACE_FLAG },
  },
  async (task) => {
    const { report, options, arguments: [given] } = task;
    const source = given ?? requiredVariable("CATALOG_URL", TRY_WITHOUT);
    const { warehouse, why } = await chooseWarehouse("catalog", task);
    options.warehouse = warehouse;
    await eachDay(dayFiles(source, task), task, async (file) => {
      report.line(`catalog: ${file.said}, into ${warehouse} (${why})`);
      const told = { format: "csv", label: file.day };
      const arrivals = delivery(givenPath(file.source), told, report.line);
      await runJob({
        job: "catalog",
        feeds: { catalog: { arrivals, header: HEADER } },
        context: task,
      });
    });
  },
);
