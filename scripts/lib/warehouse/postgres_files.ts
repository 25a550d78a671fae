import type { RunProgram } from "./postgres_programs.ts";

const MAJOR_VERSION = "18";
/** Linux allows 107 bytes for the path of a socket, macOS 103. */
const SOCKET_PATH_BYTES_MAX = 103;
/** Below the ports that systems give to outgoing connections. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;

/** The user who owns every embedded server. */
export const POSTGRES_USER = "sluice";
/** How the folder of a socket begins whose own place has too long a path. */
export const SHORT_FOLDER = "/tmp/sluice-";

/** Makes the data folder of a server, whole or not at all. */
export async function makeDataFolder(
  folder: string,
  run: RunProgram,
): Promise<void> {
  const version = await readTextIfThere(`${folder}/data/PG_VERSION`);
  if (version?.trim() === MAJOR_VERSION) return;
  if (version !== undefined) {
    throw new Error(
      `Cannot start PostgreSQL in "${folder}": expected data of version ` +
        `${MAJOR_VERSION}, found version ${version.trim()}: move the folder ` +
        `away, or set POSTGRES_URL`,
    );
  }

  await removeIfThere(`${folder}/data.new`);
  const password_path = `${folder}/password`;
  const password = crypto.getRandomValues(new Uint8Array(24)).toHex();
  await Deno.writeTextFile(password_path, password, { mode: 0o600 });
  await giveToOwnerOf(folder, password_path);
  const { success, text } = await run("initdb", [
    "--pgdata=data.new",
    `--username=${POSTGRES_USER}`,
    "--pwfile=password",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
  ]);
  if (!success) {
    throw new Error(`Cannot make a database in "${folder}": ${text}`);
  }
  const include = "\ninclude '../server.conf'\n";
  const conf_path = `${folder}/data.new/postgresql.conf`;
  await Deno.writeTextFile(conf_path, include, { append: true });
  await Deno.rename(`${folder}/data.new`, `${folder}/data`);
}

/** Writes the settings of a server, with a port that is free. */
export async function writeSettings(
  folder: string,
  socket_folder: string,
): Promise<void> {
  const settings = {
    listen_addresses: "127.0.0.1",
    port: await choosePort(folder),
    unix_socket_directories: `"${socket_folder.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    max_connections: 50,
    shared_buffers: "128MB",
    wal_buffers: "16MB",
    max_wal_size: "2GB",
    checkpoint_timeout: "15min",
    // No copy of this server is kept elsewhere: a load into a table that was
    // made or emptied in the same transaction need not be logged row by row.
    wal_level: "minimal",
    max_wal_senders: 0,
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "%m [%p] %a ",
    log_checkpoints: "off",
    // Statements, details and contexts would put rows into the log.
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
  };
  const lines = Object.entries(settings).map(([name, value]) =>
    `${name} = '${String(value).replaceAll("'", "''")}'\n`
  );
  const path = `${folder}/server.conf`;
  await Deno.writeTextFile(
    path,
    `# Written anew at each start; your own settings go into ` +
      `data/postgresql.auto.conf (alter system).\n${lines.join("")}`,
    { mode: 0o600 },
  );
  await giveToOwnerOf(folder, path);
}

/** The port that was chosen once, or another when a program has taken it. */
async function choosePort(folder: string): Promise<number> {
  const path = `${folder}/port`;
  let port = Number(await readTextIfThere(path));
  if (port > 0 && isFree(port)) return port;
  const [random] = crypto.getRandomValues(new Uint16Array(1));
  port = PORT_MIN + random % (PORT_MAX - PORT_MIN);
  while (!isFree(port)) port++;
  await Deno.writeTextFile(path, `${port}\n`, { mode: 0o600 });
  return port;
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

/** Makes a folder for the socket, which only its owner can enter. */
export async function makeSocketFolder(folder: string): Promise<string> {
  const path = `${await Deno.realPath(folder)}/socket`;
  const socket_path = new TextEncoder().encode(`${path}/.s.PGSQL.65535.lock`);
  if (socket_path.length <= SOCKET_PATH_BYTES_MAX) {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    await giveToOwnerOf(folder, path);
    return path;
  }
  const short = await Deno.makeTempDir({
    dir: SHORT_FOLDER.slice(0, SHORT_FOLDER.lastIndexOf("/")),
    prefix: SHORT_FOLDER.slice(SHORT_FOLDER.lastIndexOf("/") + 1),
  });
  await giveToOwnerOf(folder, short);
  return short;
}

/** Root may have given the folder to another user: see postgresPrograms. */
async function giveToOwnerOf(folder: string, path: string): Promise<void> {
  const { uid, gid } = await Deno.stat(folder);
  if ((await Deno.stat(path)).uid !== uid) await Deno.chown(path, uid, gid);
}

/** The text of a file, or undefined when there is none. */
export async function readTextIfThere(
  path: string,
): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`Cannot read "${path}"`, { cause: error });
  }
}

/** Removes a file or a folder, if it is there. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
