const SYSTEMS: Record<string, string> = { linux: "linux", darwin: "darwin" };
const PROCESSORS: Record<string, string> = { x86_64: "x64", aarch64: "arm64" };

/**
 * Finds a file of the package that carries programs for this machine: `owner`
 * is the address of the package that depends on it, `nameOf` makes the file's
 * name from a platform such as `linux-x64`.
 */
export async function platformFile(
  owner: string,
  nameOf: (platform: string) => string,
): Promise<string> {
  const platform = [
    SYSTEMS[Deno.build.os] ?? Deno.build.os,
    PROCESSORS[Deno.build.arch] ?? Deno.build.arch,
  ].join("-");
  const name = nameOf(platform);
  // Loaded only here: it costs 15 ms, and an ordinary run starts no program.
  const { createRequire } = await import("node:module");
  try {
    return createRequire(owner).resolve(name);
  } catch (cause) {
    throw new Error(
      `Cannot find "${name}": expected the npm package for ${platform}, ` +
        `found none: run "deno install" (there are packages for Linux and ` +
        `macOS on x64 and arm64)`,
      { cause },
    );
  }
}
