/** A PostgreSQL server of one test's own, which the test may stop as it likes. */
import { assert } from "@std/assert";
import {
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from "../../scripts/lib/warehouse/embedded_postgres.ts";
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import { postgresPrograms } from "../../scripts/lib/warehouse/postgres_programs.ts";
import { allRows, type Row } from "../../scripts/lib/warehouse/warehouse.ts";

/** A running server; disposing stops and removes it. */
export class OwnServer {
  private constructor(readonly folder: string, readonly url: string) {}

  static async start(): Promise<OwnServer> {
    const folder = await Deno.makeTempDir({ prefix: "sluice_test_pg_" });
    const { url } = await startEmbeddedPostgres({ folder });
    return new OwnServer(folder, url);
  }

  /** Nothing here has to outlive the machine: copying databases takes a fifth. */
  async forgetDisk(): Promise<void> {
    await this.rows("alter system set fsync = off");
    await this.rows("select pg_reload_conf()");
  }

  /** As if the server's machine had lost its power. */
  async stopImmediately(): Promise<void> {
    const run = await postgresPrograms(this.folder);
    const stop = ["--pgdata=data", "--mode=immediate", "--wait", "stop"];
    const { success, text } = await run("pg_ctl", stop);
    assert(success, text);
  }

  /** Starts it again, under the same address. */
  async startAgain(): Promise<void> {
    const { url } = await startEmbeddedPostgres({ folder: this.folder });
    assert(url === this.url, "the server came back under another address");
  }

  /** Runs one statement in a session of its own. */
  async rows(statement: string, database = "postgres"): Promise<Row[]> {
    return await rowsOf(this.urlOf(database), statement);
  }

  urlOf(database: string): string {
    const url = new URL(this.url);
    url.pathname = `/${database}`;
    return url.href;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopEmbeddedPostgres(this.folder);
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Runs one statement in a session of its own. */
export async function rowsOf(
  postgres_url: string,
  statement: string,
): Promise<Row[]> {
  const home = Deno.cwd() + "/.sluice/test";
  const settings = { home, sqlite_path: "", postgres_url };
  const warehouse = await openWarehouse("postgres", settings);
  try {
    if (/^\s*(select|with)\b/.test(statement)) {
      return await allRows(warehouse, statement);
    }
    await warehouse.execute(statement);
    return [];
  } finally {
    await warehouse.close();
  }
}
