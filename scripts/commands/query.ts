/**
 * query: one select, read-only, as a table or for another program.
 *
 *   deno task query "select * from team_science_answer"
 *   deno task query --format csv "select * from votes" > votes.csv
 *
 * Formats: table (the default), csv, json, jsonl.
 */
import { exportRows, FORMATS } from "../lib/cli/export_rows.ts";
import { main } from "../lib/cli/main.ts";
import { knownPipeline, oneOf } from "../lib/cli/names.ts";
import { openWarehouse } from "../lib/warehouse/open_warehouse.ts";
import { StatementError } from "../lib/warehouse/warehouse.ts";
import { placeAt } from "../lib/run/sql_file.ts";

await main(
  {
    arguments: ["<select>"],
    flags: {
      format: {
        kind: "text",
        help: "--format <name>      table, csv, json or jsonl",
      },
      warehouse: {
        kind: "text",
        help: "--warehouse <name>   sqlite (the default), postgres or bigquery",
      },
      pipeline: {
        kind: "text",
        help:
          "--pipeline <name>    whose settings count, as in ADS_POSTGRES_URL",
      },
    },
  },
  async ({ arguments: [text], texts, settings }) => {
    const format = oneOf("--format", texts.format ?? "table", [...FORMATS]);
    const dialect = oneOf("--warehouse", texts.warehouse ?? "sqlite", [
      "sqlite",
      "postgres",
      "bigquery",
    ]);
    const pipeline = texts.pipeline
      ? await knownPipeline(texts.pipeline)
      : undefined;
    const warehouse = await openWarehouse(dialect, {
      ...settings(pipeline),
      readonly: true,
    });
    try {
      await warehouse.begin("read");
      await exportRows(warehouse.rows(text), format);
    } catch (error) {
      if (!(error instanceof StatementError)) throw error;
      const { offset } = error;
      throw new Error(
        `Cannot run the query: ${error.message}` +
          (offset === undefined ? "" : `\n${placeAt(text, offset).excerpt}`),
        { cause: error },
      );
    } finally {
      await warehouse.close();
    }
  },
);
