/** Fresh environments of every dialect for tests: a file, or a schema of the test server. */
import {
  allRows,
  type Row,
  type Warehouse,
} from "../../scripts/lib/warehouse/warehouse.ts";
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import { readBigqueryUrl } from "../../scripts/lib/warehouse/bigquery_url.ts";
import { startEmbeddedPostgres } from "../../scripts/lib/warehouse/embedded_postgres.ts";
import type { Settings } from "../../scripts/lib/run/context.ts";
import { openJob } from "../../scripts/lib/run/open_job.ts";
import { BIGQUERY_MISSING, sharedBigqueryServer } from "./bigquery_server.ts";
import { quietContext } from "./quiet_context.ts";

/** The dialects in which jobs are tested here. */
export const DIALECTS = ["sqlite", "postgres"] as const;
/** The warehouses that are tested here. */
export const WAREHOUSES = [...DIALECTS, "bigquery"] as const;
export type TestDialect = typeof DIALECTS[number];
export type TestWarehouse = typeof WAREHOUSES[number];

/** A warehouse and a store of one test's own. */
export interface Environment {
  dialect: TestWarehouse;
  folder: string;
  settings: Settings;
  rows(query: string): Promise<Row[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

const TEST_HOME = `${Deno.cwd()}/.sluice/test`;

/** The URL of the server that all tests share, each with schemas of its own. */
export async function testServerUrl(): Promise<string> {
  await Deno.mkdir(TEST_HOME, { recursive: true });
  const server = await startEmbeddedPostgres({
    folder: `${TEST_HOME}/postgres`,
  });
  return server.url;
}

/** Makes an empty environment; disposing removes all of it. */
export async function makeEnvironment(
  dialect: TestWarehouse,
  /** A job whose tables are there already where it takes long to make them. */
  job?: string,
): Promise<Environment> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  const settings: Settings = {
    home: folder,
    store_url: `file:${folder}/store`,
    sqlite_path: `${folder}/warehouse.db`,
    postgres_url: undefined,
  };
  let schema = "";
  let reader: Warehouse | undefined;
  if (dialect === "postgres") {
    schema = `test_${crypto.randomUUID().slice(0, 13).replace("-", "_")}`;
    const url = new URL(await testServerUrl());
    url.searchParams.set("schema", schema);
    settings.postgres_url = url.href;
  }
  if (dialect === "bigquery") {
    const server = await sharedBigqueryServer();
    settings.bigquery_url = job
      ? await server.borrow(job, async (bigquery_url) => {
        const prepared = { dialect, settings: { ...settings, bigquery_url } };
        await (await openJob(job, quietContext(prepared))).close();
      })
      : await server.makeDataset();
  }
  return {
    dialect,
    folder,
    settings,
    rows: async (query) => {
      reader ??= await openWarehouse(dialect, settings);
      return await allRows(reader, query);
    },
    [Symbol.asyncDispose]: async () => {
      if (schema) {
        reader ??= await openWarehouse(dialect, settings);
        await reader.execute(`drop schema if exists ${schema} cascade`);
      }
      await reader?.close();
      if (settings.bigquery_url) {
        const { dataset } = readBigqueryUrl(settings.bigquery_url);
        const server = await sharedBigqueryServer();
        if (job) server.giveBack(job, settings.bigquery_url);
        else await server.removeDataset(dataset);
      }
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Why a warehouse cannot be tested here; undefined when it can. */
export function missing(dialect: TestWarehouse): string | undefined {
  return dialect === "bigquery" ? BIGQUERY_MISSING : undefined;
}
