/**
 * Installs bqemulator, which stands in for BigQuery, into a Python of its own.
 *
 *   deno run -A test/support/install_bqemulator.ts .sluice/servers/bqemulator
 */
const REQUIREMENTS = new URL("bqemulator_requirements.txt", import.meta.url);
/** Its engine must have this, or it does not start. */
const EXTENSION =
  "from duckdb_extensions import import_extension; import_extension('spatial')";

/** Puts the emulator into a folder, unless it is there already. */
export async function installBqemulator(folder: string): Promise<void> {
  const requirements = await Deno.readTextFile(REQUIREMENTS);
  // Written at the end: what is cut off on its way is made anew.
  const note = `${folder}/installed`;
  if (await textOf(note) === requirements) return;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const path = await Deno.realPath(folder);
  await run("python3", ["-m", "venv", path]);
  await run(`${path}/bin/pip`, [
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--requirement",
    REQUIREMENTS.pathname,
  ]);
  await run(`${path}/bin/python`, ["-c", EXTENSION], { HOME: path });
  await Deno.writeTextFile(note, requirements);
}

async function run(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env,
    stdin: "null",
  }).output().catch((error) => {
    throw new Error(`Cannot install bqemulator: ${program} is not there`, {
      cause: error,
    });
  });
  if (success) return;
  const decoder = new TextDecoder();
  const text = (decoder.decode(stdout) + decoder.decode(stderr)).trim();
  throw new Error(`Cannot install bqemulator: ${program}: ${text}`);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) await installBqemulator(Deno.args[0]);
