/** Opens the warehouse of a dialect; its driver is loaded only now. */
import type { Dialect, Warehouse } from "./warehouse.ts";

/** What is needed to reach any warehouse. */
export interface WarehouseSettings {
  home: string;
  sqlite_path: string;
  /** Undefined means the embedded server. */
  postgres_url: string | undefined;
  /** Only to read; nothing is made that is not there. */
  readonly?: boolean;
}

/** Whether there is a warehouse to open; a server of one's own is taken to be there. */
export async function isWarehouseThere(
  dialect: Dialect,
  { home, sqlite_path, postgres_url }: WarehouseSettings,
): Promise<boolean> {
  if (dialect === "postgres" && postgres_url) return true;
  const path = dialect === "sqlite" ? sqlite_path : `${home}/postgres`;
  return await Deno.stat(path).then(() => true, () => false);
}

/** Connects, and starts the embedded server where it is needed. */
export async function openWarehouse(
  dialect: Dialect,
  { home, sqlite_path, postgres_url, readonly }: WarehouseSettings,
): Promise<Warehouse> {
  await Deno.mkdir(home, { recursive: true });
  const migration_lock = `${home}/migrate.lock`;
  if (dialect === "sqlite") {
    const { openSqlite } = await import("./sqlite.ts");
    return await openSqlite({ path: sqlite_path, migration_lock, readonly });
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
