import { lockFile } from "./lock_file.ts";
import {
  makeDataFolder,
  makeSocketFolder,
  POSTGRES_USER,
  readTextIfThere,
  removeIfThere,
  SHORT_FOLDER,
  writeSettings,
} from "./postgres_files.ts";
import { postgresPrograms, type RunProgram } from "./postgres_programs.ts";

const DATABASE = "postgres";
const LOCK_WAIT_MS = 10_000;
const ANSWER_WAIT_MS = 5_000;
const START_WAIT_MS = 15_000;
const LOG_BYTES_MAX = 10 * 1024 * 1024;
/** No system has a process of this number. */
const NO_PROCESS = 2_147_483_647;

/** A running embedded server. */
export interface EmbeddedPostgres {
  /** For a driver; holds the password, so it is never printed. */
  url: string;
  /** For people: through the socket, where no password is needed. */
  printable_url: string;
  socket_folder: string;
  port: number;
}

/** Starts the server that lives in `folder`, or finds it running. */
export async function startEmbeddedPostgres(
  { folder }: { folder: string },
): Promise<EmbeddedPostgres & { started: boolean }> {
  const running = await embeddedPostgresStatus(folder);
  if (running) return { ...running, started: false };

  await Deno.mkdir(folder, { recursive: true });
  await Deno.chmod(folder, 0o700);
  using _lock = await lockServer(folder);
  const since = await embeddedPostgresStatus(folder);
  if (since) return { ...since, started: false };

  const run = await postgresPrograms(folder);
  await makeDataFolder(folder, run);
  await startServer(folder, run);
  const started = await embeddedPostgresStatus(folder);
  if (!started) {
    throw new Error(
      `Cannot reach PostgreSQL in "${folder}": it started, but does not ` +
        `answer: see ${folder}/server.log`,
    );
  }
  return { ...started, started: true };
}

/** Stops the server that lives in `folder`; false when none is running. */
export async function stopEmbeddedPostgres(folder: string): Promise<boolean> {
  if (!await embeddedPostgresStatus(folder)) return false;
  using _lock = await lockServer(folder);
  const running = await embeddedPostgresStatus(folder);
  if (!running) return false;

  const run = await postgresPrograms(folder);
  const stop = ["--pgdata=data", "--mode=fast", "--wait", "stop"];
  const { success, text } = await run("pg_ctl", stop);
  if (!success) {
    throw new Error(`Cannot stop PostgreSQL in "${folder}": ${text}`);
  }
  await removeShortFolder(running.socket_folder);
  return true;
}

/** Finds the server that lives in `folder`, when it runs and answers. */
export async function embeddedPostgresStatus(
  folder: string,
): Promise<EmbeddedPostgres | undefined> {
  if (!folder.startsWith("/")) {
    throw new TypeError(
      `Cannot look for PostgreSQL in "${folder}": expected an absolute path`,
    );
  }
  const noted = await readPidFile(folder);
  if (!noted?.is_ready || !noted.is_own) return undefined;
  if (!await answersAsPostgres(noted.port)) return undefined;

  const { port, socket_folder } = noted;
  const password = await readPassword(folder);
  const host = encodeURIComponent(socket_folder);
  return {
    url:
      `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/${DATABASE}` +
      `?sslmode=disable`,
    printable_url:
      `postgres://${POSTGRES_USER}@localhost/${DATABASE}?host=${host}&port=${port}`,
    socket_folder,
    port,
  };
}

async function lockServer(folder: string): Promise<Deno.FsFile> {
  const path = `${folder}/start.lock`;
  const lock = await lockFile(path, LOCK_WAIT_MS);
  if (lock) return lock;
  throw new Error(
    `Cannot start or stop PostgreSQL in "${folder}": expected "${path}" to ` +
      `become free within ${LOCK_WAIT_MS / 1000} s, found it held by another ` +
      `process: try again`,
  );
}

interface PidFile {
  text: string;
  /** A copied or moved folder carries the note of another server. */
  is_own: boolean;
  port: number;
  socket_folder: string;
  is_ready: boolean;
}

async function readPidFile(folder: string): Promise<PidFile | undefined> {
  const text = await readTextIfThere(`${folder}/data/postmaster.pid`);
  if (text === undefined) return undefined;
  // Process, data folder, start, port, socket folder, address, memory, state.
  const lines = text.split("\n");
  return {
    text,
    is_own: lines[1] === `${await Deno.realPath(folder)}/data`,
    port: Number(lines[3]),
    socket_folder: lines[4] ?? "",
    is_ready: lines[7]?.trim() === "ready",
  };
}

/**
 * Asks for encryption, which PostgreSQL answers with one letter before it
 * wants a password: the cheapest proof that no other program has this port.
 */
async function answersAsPostgres(port: number): Promise<boolean> {
  let connection: Deno.TcpConn | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const open = connection;
    timer = setTimeout(() => open.close(), ANSWER_WAIT_MS);
    const request = new DataView(new ArrayBuffer(8));
    request.setUint32(0, 8);
    request.setUint32(4, 80_877_103);
    await open.write(new Uint8Array(request.buffer));
    const answer = new Uint8Array(1);
    await open.read(answer);
    return answer[0] === 0x4e || answer[0] === 0x53; // N or S
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  } finally {
    clearTimeout(timer);
    try {
      connection?.close();
    } catch {
      // The timer closed it.
    }
  }
}

async function startServer(folder: string, run: RunProgram): Promise<void> {
  const before = await readPidFile(folder);
  const log_path = `${folder}/server.log`;
  if (await fileSize(log_path) > LOG_BYTES_MAX) {
    await Deno.rename(log_path, `${log_path}.old`);
  }
  const socket_folder = await makeSocketFolder(folder);
  const deadline = performance.now() + START_WAIT_MS;
  while (true) {
    const log_start = await fileSize(log_path);
    await writeSettings(folder, socket_folder);
    const start = ["--pgdata=data", "--log=server.log", "--wait", "start"];
    const { success, text } = await run("pg_ctl", start);
    if (success) break;

    const log = (await readTextIfThere(log_path) ?? "").slice(log_start);
    const is_late = performance.now() >= deadline;
    if (!is_late && /lock file "[^"]*" already exists/.test(log)) {
      await forgetProcess(folder, socket_folder);
      continue;
    }
    // Processes of a killed server take a moment to notice; a port may be lost
    // between the look at it and the start.
    const may_pass = /still in use|could not create any TCP/.test(log);
    if (!is_late && may_pass) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    if (before) await writePidFile(folder, before.text);
    await removeShortFolder(socket_folder);
    throw new Error(
      `Cannot start PostgreSQL in "${folder}": ${lastWords(log) || text}: ` +
        `see ${log_path}`,
    );
  }
  if (before?.is_own) await removeShortFolder(before.socket_folder);
}

/**
 * After kill -9, or a restart of the machine, another process may have the
 * number in the old notes, and PostgreSQL then refuses to start. The note in
 * the data folder stays but for that number, because PostgreSQL finds by the
 * rest of it whether old processes still work on the data.
 */
async function forgetProcess(
  folder: string,
  socket_folder: string,
): Promise<void> {
  const noted = await readPidFile(folder);
  if (noted) {
    await writePidFile(folder, noted.text.replace(/^\d+/, `${NO_PROCESS}`));
  }
  for await (const { name } of Deno.readDir(socket_folder)) {
    await removeIfThere(`${socket_folder}/${name}`);
  }
}

function writePidFile(folder: string, text: string): Promise<void> {
  return Deno.writeTextFile(`${folder}/data/postmaster.pid`, text, {
    mode: 0o600,
  });
}

/** The end of a log, without its times. */
function lastWords(log: string): string {
  const lines = log.trim().split("\n").slice(-3);
  return lines.map((line) => line.replace(/^.*? (?=[A-Z]+: )/, "")).join("; ");
}

async function removeShortFolder(path: string): Promise<void> {
  if (path.startsWith(SHORT_FOLDER)) await removeIfThere(path);
}

async function readPassword(folder: string): Promise<string> {
  try {
    return (await Deno.readTextFile(`${folder}/password`)).trim();
  } catch (cause) {
    throw new Error(`Cannot read "${folder}/password"`, { cause });
  }
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
