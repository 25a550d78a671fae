import { homedir } from "node:os";
import { dbmateBigqueryUrl, readBigqueryUrl } from "./bigquery_url.ts";
import { lockFile } from "./lock_file.ts";
import { platformFile } from "./platform_file.ts";
import type { Dialect } from "./warehouse.ts";

const LOCK_WAIT_MS = 30_000;
const SQLITE_WAIT_MS = 30_000;
const COLLISION = /already exists|duplicate key/;
const COLLISION_WAIT_MS = 100;
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** What to migrate, and from where. */
export interface MigrateOptions {
  dialect: Dialect;
  /** A PostgreSQL or BigQuery URL, or the path of a SQLite file. */
  url: string;
  /** Folders of migrations; their files are applied in the order of name. */
  folders: string[];
  /** The file whose lock keeps two migrations of this machine apart. */
  lock_path: string;
  /** The file with Google's credentials, if one is named. */
  credentials?: string;
}

/**
 * Lists the versions that have a migration file but are not in `applied`, in
 * order: the digits at the start of each file's name.
 */
export function missingMigrations(
  folders: string[],
  applied: Set<string>,
): string[] {
  const versions = [...migrationFiles(folders).keys()];
  return versions.filter((version) => !applied.has(version)).sort();
}

/** Applies every migration that is missing; returns the names of the files. */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { dialect, folders, lock_path } = options;
  const files = migrationFiles(folders);
  const database_url = DATABASE_URLS[dialect](options.url);
  const program = await platformFile(
    import.meta.resolve("dbmate"),
    (platform) => `@dbmate/${platform}/bin/dbmate`,
  );

  using lock = await lockFile(lock_path, LOCK_WAIT_MS);
  if (!lock) {
    throw new Error(
      `Cannot migrate: expected "${lock_path}" to become free, found it held ` +
        `by another migration for ${LOCK_WAIT_MS / 1000} s: try again`,
    );
  }
  const { credentials } = options;
  const run = () => runDbmate(program, { database_url, folders, credentials });
  let result = await run();
  // Another machine may be making the same things; the same error twice is
  // about the migration itself.
  for (let last = ""; !result.success && COLLISION.test(result.error);) {
    if (result.error === last) break;
    last = result.error;
    await new Promise((resolve) => setTimeout(resolve, COLLISION_WAIT_MS));
    result = await run();
  }
  if (result.success) return result.files;
  const error = withoutPassword(result.error, database_url);
  const name = result.files.at(-1);
  const path = [...files.values()].find((path) => path.endsWith(`/${name}`));
  // Only a failure while a file was applied is about that file.
  throw path && name !== undefined
    ? migrationError(path, error)
    : new Error(`Cannot migrate: ${error}`);
}

/** Migration files by version. */
function migrationFiles(folders: string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readNames(folder)) {
      const version = /^(\d+).*\.sql$/.exec(name)?.[1];
      if (version === undefined) continue;
      const path = `${folder.replace(/\/+$/, "")}/${name}`;
      const other = files.get(version);
      if (other !== undefined) {
        throw new Error(
          `Cannot migrate ${path}: expected a version of its own, found ` +
            `${version} in ${other} too`,
        );
      }
      files.set(version, path);
    }
  }
  return files;
}

function readNames(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), (entry) => entry.name);
  } catch (cause) {
    throw new Error(`Cannot read the migrations in "${folder}"`, { cause });
  }
}

const DATABASE_URLS: Record<Dialect, (setting: string) => string> = {
  sqlite: sqliteUrl,
  postgres: postgresUrl,
  bigquery: (setting) => dbmateBigqueryUrl(readBigqueryUrl(setting)),
};

/** The URL as dbmate's driver wants it. */
function postgresUrl(setting: string): string {
  const url = URL.canParse(setting) ? new URL(setting) : undefined;
  if (url?.protocol !== "postgres:" && url?.protocol !== "postgresql:") {
    throw new TypeError(
      "Cannot migrate: expected a URL such as " +
        "postgres://user:password@host:5432/database",
    );
  }
  const schema = url.searchParams.get("schema");
  if (schema !== null) {
    if (!SCHEMA_NAME.test(schema)) {
      throw new TypeError(
        `Cannot migrate schema "${schema}": expected small letters, digits ` +
          `and _, at most 63 of them, not a digit first`,
      );
    }
    url.searchParams.delete("schema");
    // dbmate makes this schema when it is missing.
    url.searchParams.set("search_path", schema);
  }
  // As the runs do, whose driver encrypts only when it is asked to; dbmate's
  // would insist on it.
  if (!url.searchParams.has("sslmode")) {
    url.searchParams.set("sslmode", "disable");
  }
  return url.href;
}

/**
 * The path as dbmate's driver wants it: without the first slash, because only
 * then it is taken as it is, spaces and all; dbmate is started in "/".
 */
function sqliteUrl(setting: string): string {
  const path = absolutePath(setting);
  if (/[?#]/.test(path)) {
    throw new TypeError(
      `Cannot migrate "${setting}": expected a path without ? and #`,
    );
  }
  return `sqlite:.${path}?_busy_timeout=${SQLITE_WAIT_MS}&_txlock=immediate`;
}

function absolutePath(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}

async function runDbmate(
  program: string,
  { database_url, folders, credentials }: {
    database_url: string;
    folders: string[];
    credentials?: string;
  },
): Promise<{ success: boolean; files: string[]; error: string }> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [
      "--env-file=/dev/null",
      "--no-dump-schema",
      ...folders.flatMap((folder) => ["-d", absolutePath(folder)]),
      // Not "up", which would make a missing database.
      "migrate",
    ],
    cwd: "/",
    clearEnv: true,
    env: {
      DATABASE_URL: database_url,
      ...(database_url.startsWith("bigquery:") ? { HOME: homedir() } : {}),
      ...(credentials ? { GOOGLE_APPLICATION_CREDENTIALS: credentials } : {}),
    },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  // It says "Applied" of a failing file too: only the exit status tells.
  const applying = decoder.decode(stdout).matchAll(/^Applying: (.*)$/gm);
  return {
    success,
    files: Array.from(applying, (match) => match[1]),
    error: decoder.decode(stderr).trim().replace(/^Error: /, ""),
  };
}

/** Points into the file, when dbmate says where. */
function migrationError(path: string, message: string): Error {
  const place = /^line: (\d+), column: (\d+), position: \d+: (.*)$/s
    .exec(message);
  const text = (place?.[3] ?? message).replace(/^pq: /, "");
  if (!place) return new Error(`Cannot migrate ${path}: ${text}`);
  // dbmate counts from the line that says "migrate:up".
  const lines = Deno.readTextFileSync(path).split("\n");
  const up = lines.findIndex((line) => /^\s*--\s*migrate:up/.test(line));
  const line = Math.max(up, 0) + Number(place[1]);
  const column = Number(place[2]);
  const shown = (lines[line - 1] ?? "").trimEnd();
  return new Error(
    `Cannot migrate ${path}:${line}:${column}: ${text}\n` +
      `  ${shown}\n  ${" ".repeat(column - 1)}^`,
  );
}

function withoutPassword(text: string, database_url: string): string {
  if (!URL.canParse(database_url)) return text;
  const { password } = new URL(database_url);
  if (password === "") return text;
  let plain = password;
  try {
    plain = decodeURIComponent(password);
  } catch {
    // Not percent-encoded: it is what it is.
  }
  return text.replaceAll(password, "***").replaceAll(plain, "***");
}
