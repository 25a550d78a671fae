/**
 * servers: installs the servers that tests run against, under SLUICE_HOME.
 *
 *   deno task servers
 *
 * Nothing else needs them. A server that is there in the right version stays as
 * it is; tests that miss theirs are skipped, and say so.
 */
import { main } from "../lib/cli/main.ts";

/** A server that Go's own tools fetch, check and build. */
interface Server {
  name: string;
  /** What it stands in for. */
  for: string;
  module: string;
  version: string;
}

const SERVERS: Server[] = [
  {
    name: "versitygw",
    for: "S3",
    module: "github.com/versity/versitygw/cmd/versitygw",
    version: "v1.8.0",
  },
];

/** Servers that come with an installer of their own, which leaves alone what is there. */
const INSTALLERS = [
  { name: "bqemulator", for: "BigQuery" },
  { name: "zetasql", for: "BigQuery's analyzer" },
];

await main({}, async ({ settings, report }) => {
  const { home } = settings();
  await Deno.mkdir(`${home}/servers/bin`, { recursive: true });
  const folder = await Deno.realPath(`${home}/servers/bin`);
  let missing = 0;
  for (const server of SERVERS) {
    const name = `${server.name} ${server.version} (${server.for})`;
    if (await isInstalled(server, folder)) {
      report.line(`${name}  found in ${home}/servers/bin`);
      continue;
    }
    report.line(`${name}  is built by "go install": about a minute`);
    const start = performance.now();
    const reason = await install(server, folder);
    const seconds = Math.round((performance.now() - start) / 1000);
    report.line(
      `${name}  ${reason ? `missing: ${reason}` : `installed in ${seconds} s`}`,
    );
    if (reason) missing++;
  }
  for (const server of INSTALLERS) {
    const start = performance.now();
    const { success, text } = await run(Deno.execPath(), [
      "run",
      "-q",
      "-A",
      `test/support/install_${server.name}.ts`,
      `${home}/servers/${server.name}`,
    ]);
    const seconds = Math.round((performance.now() - start) / 1000);
    const reason = text?.match(/error: (?:Uncaught .*?Error: )?(.*)/)?.[1];
    report.line(
      `${server.name} (${server.for})  ${
        success ? `ready in ${seconds} s` : `missing: ${reason}`
      }`,
    );
    if (!success) missing++;
  }
  return missing ? 1 : 0;
});

/** Whether the program is there; its version can only be asked for with Go. */
async function isInstalled(
  { name, version }: Server,
  folder: string,
): Promise<boolean> {
  const path = `${folder}/${name}`;
  const found = await Deno.stat(path).catch(() => undefined);
  if (!found?.isFile) return false;
  const { text } = await run("go", ["version", "-m", path]);
  return text === undefined || text.includes(`\t${version}\t`);
}

/** The reason why it could not be installed, if there is one. */
async function install(
  { module, version }: Server,
  folder: string,
): Promise<string | undefined> {
  const { success, text } = await run("go", [
    "install",
    "-ldflags=-s -w",
    `${module}@${version}`,
  ], { GOBIN: folder });
  if (success) return undefined;
  return text?.trim().split("\n").at(-1) ??
    "Go is not installed: see https://go.dev/doc/install";
}

/** Runs a program; without text there is no such program. */
async function run(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ success: boolean; text?: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      env,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { success: false };
    throw error;
  }
}
