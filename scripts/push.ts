/**
 * push: files of a team into its own tables, with SQL and no script.
 *
 *   deno task push stock data/stock/stock_20210403.csv
 *   deno task push ratings https://ratings.example.org/2021-04-03.jsonl.gz
 *
 * The job is a folder under sql/ that reads one staging table. CSV with a
 * header, JSON Lines and a JSON array are told apart by their bytes, gzip or not.
 */
import { DAY_FLAGS, givenDay } from "./lib/cli/days.ts";
import { givenPath, JOB_FLAGS, REPLACE_FLAG } from "./lib/cli/inputs.ts";
import { main } from "./lib/cli/main.ts";
import { knownJob } from "./lib/cli/names.ts";
import { chooseWarehouse } from "./lib/cli/warehouse_choice.ts";
import { pushFiles } from "./lib/run/push_files.ts";

await main(
  {
    arguments: ["<job>", "<file or URL…>"],
    counts: { least: 2 },
    flags: { ...JOB_FLAGS, date: DAY_FLAGS.date, ...REPLACE_FLAG },
  },
  async (task) => {
    const [name, ...sources] = task.arguments;
    const job = await knownJob(name);
    const { warehouse, why } = await chooseWarehouse(job, task);
    task.options.warehouse = warehouse;
    task.report.line(`${job}: into ${warehouse} (${why})`);
    await pushFiles({
      job,
      sources: sources.map(givenPath),
      label: givenDay(task),
      context: task,
    });
  },
);
