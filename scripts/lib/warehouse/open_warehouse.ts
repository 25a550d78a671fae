/** Opens the warehouse of a dialect; its driver is loaded only now. */
import type { Dialect, Warehouse } from "./warehouse.ts";

/** What is needed to reach any warehouse. */
export interface WarehouseSettings {
  home: string;
  sqlite_path: string;
  /** Undefined means the embedded server. */
  postgres_url: string | undefined;
  /** Undefined means that there is none. */
  bigquery_url?: string;
  /** The file with Google's credentials, if one is named. */
  google_credentials?: string;
  /** Only to read; nothing is made that is not there. */
  readonly?: boolean;
}

/** Whether there is a warehouse to open; a server of one's own is taken to be there. */
export async function isWarehouseThere(
  dialect: Dialect,
  { home, sqlite_path, postgres_url, bigquery_url }: WarehouseSettings,
): Promise<boolean> {
  if (dialect === "bigquery") return bigquery_url !== undefined;
  if (dialect === "postgres" && postgres_url) return true;
  const path = dialect === "sqlite" ? sqlite_path : `${home}/postgres`;
  return await Deno.stat(path).then(() => true, () => false);
}

/** Connects, and starts the embedded server where it is needed. */
export async function openWarehouse(
  dialect: Dialect,
  settings: WarehouseSettings,
): Promise<Warehouse> {
  const { home, sqlite_path, postgres_url, bigquery_url, readonly } = settings;
  await Deno.mkdir(home, { recursive: true });
  const migration_lock = `${home}/migrate.lock`;
  if (dialect === "sqlite") {
    const { openSqlite } = await import("./sqlite.ts");
    return await openSqlite({ path: sqlite_path, migration_lock, readonly });
  }
  if (dialect === "bigquery") {
    if (bigquery_url === undefined) throw unset();
    const { openBigquery } = await import("./bigquery.ts");
    return await openBigquery({
      url: bigquery_url,
      migration_lock,
      lock_folder: home,
      credentials: settings.google_credentials,
    });
  }
  const { openPostgres } = await import("./postgres.ts");
  if (postgres_url) {
    return await openPostgres({ url: postgres_url, migration_lock });
  }
  const { startEmbeddedPostgres } = await import("./embedded_postgres.ts");
  const server = await startEmbeddedPostgres({
    folder: `${await Deno.realPath(home)}/postgres`,
  });
  return await openPostgres({ url: server.url, migration_lock });
}

function unset(): Error {
  return Object.assign(
    new Error(
      'Cannot start: environment variable "BIGQUERY_URL" is not set: see .env.example',
    ),
    { exit_code: 64 },
  );
}
