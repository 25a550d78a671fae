/**
 * Installs ZetaSQL, the parser and analyzer of BigQuery's SQL, for the tests that
 * judge BigQuery files by it.
 *
 *   deno run -A test/support/install_zetasql.ts .sluice/servers/zetasql
 */
import { createHash } from "node:crypto";

const PACKAGE = "@fivetrandevelopers/zetasql";
const VERSION = "1.13.0";

/** The server for each machine, with the sha256 of its bytes. */
const PROGRAMS: Record<string, [name: string, sha256: string]> = {
  "x86_64-linux": [
    "remote_server.so",
    "c68edd4501e2eebbc76f07bc6fc2d01c244ce7f92a336efd513ea6f23c37aa5b",
  ],
  "aarch64-linux": [
    "remote_server_arm.so",
    "e59d029383f2c133adacd500bd34a00ef7b513f689d47e1f43d0b5380e09c928",
  ],
  "x86_64-darwin": [
    "remote_server",
    "1c8bf256f27299620df551dd30c64aab8dadfdf85bec9aab5f1a2e07f3d5ae9a",
  ],
  "aarch64-darwin": [
    "remote_server_arm",
    "633397327d0852faccbaff952ea4bda7fe7e72145e1e3de0009286815873f2a2",
  ],
};

/** Puts the server into a folder, unless it is there already. */
export async function installZetaSql(folder: string): Promise<void> {
  const machine = `${Deno.build.arch}-${Deno.build.os}`;
  const [name, sha256] = PROGRAMS[machine] ?? [];
  if (!name) {
    throw new Error(
      `Cannot install ZetaSQL: expected one of ${
        Object.keys(PROGRAMS).join(", ")
      }, found ${machine}`,
    );
  }
  const path = `${folder}/remote_server`;
  if (await digest(path) === sha256) return;
  await Deno.mkdir(folder, { recursive: true });
  // The whole package holds the servers for four machines: only one is kept.
  const cache = await Deno.makeTempDir({
    dir: await Deno.realPath(folder),
    prefix: "cache_",
  });
  try {
    await download(cache);
    const found =
      `${cache}/npm/registry.npmjs.org/${PACKAGE}/${VERSION}/lib/zetasql/${name}`;
    const found_sha256 = await digest(found);
    if (found_sha256 !== sha256) {
      throw new Error(
        `Cannot install ZetaSQL: expected sha256 ${sha256} of ${name}, found ${found_sha256}`,
      );
    }
    await Deno.chmod(found, 0o755);
    await Deno.rename(found, path);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** Has Deno itself fetch the package; it runs none of its scripts. */
async function download(cache: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--no-config", "--no-lock", `npm:${PACKAGE}@${VERSION}`],
    cwd: cache,
    env: { DENO_DIR: cache, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) {
    const text = new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot download ZetaSQL ${VERSION}: ${text}`);
  }
}

/** The sha256 of a file, undefined when there is none. */
async function digest(path: string): Promise<string | undefined> {
  try {
    const hash = createHash("sha256");
    for await (const part of (await Deno.open(path)).readable) {
      hash.update(part);
    }
    return hash.digest("hex");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) await installZetaSql(Deno.args[0]);
