/** Environments that can be copied, so that many tests start from one state. */
import {
  type Environment,
  makeEnvironment,
  type TestWarehouse,
} from "./environment.ts";
import { sharedBigqueryServer } from "./bigquery_server.ts";
import { type OwnServer, rowsOf } from "./own_server.ts";

/** An environment that others can be made from. */
export interface CopyableEnvironment extends Environment {
  /** Another environment that holds the same: warehouse and store. */
  copy(): Promise<CopyableEnvironment>;
}

/** An empty environment; in PostgreSQL a database of its own on that server. */
export async function makeCopyable(
  dialect: TestWarehouse,
  server: OwnServer | undefined,
): Promise<CopyableEnvironment> {
  if (dialect === "bigquery") return await makeDataset();
  return dialect === "sqlite"
    ? await makeFile()
    : await makeDatabase(server!, "template1");
}

async function makeFile(): Promise<CopyableEnvironment> {
  const environment = await makeEnvironment("sqlite");
  return {
    ...environment,
    copy: async () => {
      const copy = await makeFile();
      await copyFolder(environment.folder, copy.folder);
      return copy;
    },
  };
}

/** Migrated for posts; what its tables hold can be copied. */
async function makeDataset(): Promise<CopyableEnvironment> {
  const environment = await makeEnvironment("bigquery", "posts");
  const { folder, settings } = environment;
  return {
    ...environment,
    copy: async () => {
      const copy = await makeDataset();
      const [from, to] = [settings, copy.settings].map(({ bigquery_url }) =>
        new URL(bigquery_url!).searchParams.get("dataset")
      );
      const server = await sharedBigqueryServer();
      await server.call(`call sluice_test.copy('${from}', '${to}')`);
      await copyFolder(folder, copy.folder);
      return copy;
    },
  };
}

async function makeDatabase(
  server: OwnServer,
  template: string,
): Promise<CopyableEnvironment> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  const name = `test_${crypto.randomUUID().slice(0, 13).replace("-", "_")}`;
  await server.rows(
    `create database ${name} template ${template} strategy file_copy`,
  );
  const postgres_url = server.urlOf(name);
  return {
    dialect: "postgres",
    folder,
    settings: {
      home: folder,
      store_url: `file:${folder}/store`,
      sqlite_path: `${folder}/warehouse.db`,
      postgres_url,
    },
    rows: (query) => rowsOf(postgres_url, query),
    copy: async () => {
      const copy = await makeDatabase(server, name);
      await copyFolder(folder, copy.folder);
      return copy;
    },
    [Symbol.asyncDispose]: async () => {
      await server.rows(`drop database ${name} with (force)`);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
