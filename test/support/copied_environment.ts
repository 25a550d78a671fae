/** Environments that can be copied, so that many tests start from one state. */
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import { allRows } from "../../scripts/lib/warehouse/warehouse.ts";
import {
  type Environment,
  makeEnvironment,
  type TestDialect,
  testServerUrl,
} from "./environment.ts";

/** An empty environment; in PostgreSQL a database of its own. */
export async function makeCopyable(dialect: TestDialect): Promise<Environment> {
  if (dialect === "sqlite") return await makeEnvironment(dialect);
  return await databaseEnvironment(await testServerUrl(), "template1");
}

/** An environment that holds what `source` holds: warehouse and store. */
export async function copyEnvironment(
  source: Environment,
): Promise<Environment> {
  const { dialect, settings } = source;
  const copy = dialect === "sqlite"
    ? await makeEnvironment(dialect)
    : await databaseEnvironment(
      await testServerUrl(),
      databaseOf(settings.postgres_url!),
    );
  await copyFolder(source.folder, copy.folder);
  return copy;
}

/** A database made from a template on the server that the URL names. */
async function databaseEnvironment(
  server_url: string,
  template: string,
): Promise<Environment> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  const name = `test_${crypto.randomUUID().slice(0, 13).replace("-", "_")}`;
  const url = new URL(server_url);
  url.pathname = `/${name}`;
  const settings = {
    home: folder,
    store_url: `file:${folder}/store`,
    sqlite_path: `${folder}/warehouse.db`,
    postgres_url: url.href,
  };
  await onServer(
    folder,
    server_url,
    `create database ${name} template ${template}`,
  );
  return {
    dialect: "postgres",
    folder,
    settings,
    rows: async (query) => {
      const warehouse = await openWarehouse("postgres", settings);
      try {
        return await allRows(warehouse, query);
      } finally {
        await warehouse.close();
      }
    },
    [Symbol.asyncDispose]: async () => {
      await onServer(folder, server_url, `drop database ${name} with (force)`);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function onServer(home: string, postgres_url: string, statement: string) {
  const warehouse = await openWarehouse("postgres", {
    home,
    sqlite_path: "",
    postgres_url,
  });
  try {
    await warehouse.execute(statement);
  } finally {
    await warehouse.close();
  }
}

function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
