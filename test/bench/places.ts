/** Warehouses of the bench's own, reached by our tasks and by the database's tools. */
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from "../../scripts/lib/warehouse/embedded_postgres.ts";
import type { Dialect } from "../../scripts/lib/warehouse/warehouse.ts";
import { type Command, run } from "./measure.ts";

/** One warehouse, its store and its inbox. */
export interface Place {
  dialect: Dialect;
  folder: string;
  /** What our tasks must know. */
  env: Record<string, string>;
  /** Empties all of it. */
  reset(): Promise<void>;
  /** The database's own tool, on a script. */
  native(script: string): Command;
  /** Runs a script now. */
  execute(script: string): Promise<string>;
}

/** All warehouses of a bench. */
export interface Places {
  place(dialect: Dialect, name: string): Place;
  close(): Promise<void>;
}

/** Starts the bench's own server; every place is a folder or a schema. */
export async function openPlaces(folder: string): Promise<Places> {
  const server_folder = `${folder}/postgres`;
  const server = await startEmbeddedPostgres({ folder: server_folder });
  return {
    place: (dialect, name) => makePlace({ folder, server, dialect, name }),
    close: async () => {
      if (server.started) await stopEmbeddedPostgres(server_folder);
    },
  };
}

function makePlace(
  { folder: root, server, dialect, name }: {
    folder: string;
    server: EmbeddedPostgres;
    dialect: Dialect;
    name: string;
  },
): Place {
  const folder = `${root}/${dialect}_${name}`;
  const url = new URL(server.url);
  url.searchParams.set("schema", `bench_${name}`);
  const sqlite_path = `${folder}/warehouse.db`;
  const tool_env = {
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: url.username,
    PGPASSWORD: url.password,
    PGDATABASE: url.pathname.slice(1),
    PGOPTIONS: `-c search_path=bench_${name} -c client_min_messages=warning`,
  };
  let script_count = 0;
  const native = (script: string): Command => {
    const path = `${folder}/script_${++script_count}.sql`;
    Deno.writeTextFileSync(path, script);
    return dialect === "sqlite"
      ? {
        program: "sqlite3",
        args: ["-bail", "-init", "/dev/null", sqlite_path, `.read ${path}`],
      }
      : {
        program: "psql",
        args: ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", path],
        env: tool_env,
      };
  };
  const execute = async (script: string) => (await run(native(script))).stdout;
  return {
    dialect,
    folder,
    env: {
      SLUICE_HOME: `${folder}/home`,
      STORE_URL: `file:${folder}/store`,
      POSTS_INBOX_URL: `file:${folder}/inbox`,
      SQLITE_PATH: sqlite_path,
      POSTGRES_URL: url.href,
    },
    reset: async () => {
      await Deno.remove(folder, { recursive: true }).catch(() => {});
      await Deno.mkdir(`${folder}/inbox`, { recursive: true });
      await execute(
        dialect === "sqlite"
          // The mode stays with the file.
          ? "pragma journal_mode = wal;"
          : `drop schema if exists bench_${name} cascade;
             create schema bench_${name};
             checkpoint;`,
      );
    },
    native,
    execute,
  };
}
