/** Copies the project as a clone would have it, with today's changes. */

/** The folder of the copy; whoever asks for it removes it. */
export async function copyProject(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_clone_" });
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
  }).output();
  for (const path of new TextDecoder().decode(stdout).split("\0")) {
    if (!path || path.startsWith("test/cases/")) continue;
    const target = `${folder}/${path}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
      recursive: true,
    });
    try {
      await Deno.copyFile(path, target);
    } catch (error) {
      // Listed, but removed in the working tree.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return folder;
}
