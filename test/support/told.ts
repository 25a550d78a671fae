/** Everything that a task tells, as its user starts it. */

/** How a task ended, and all that it said to people and programs. */
export interface Told {
  exit: number;
  text: string;
}

/** Runs a task of deno.json with these variables and no others. */
export async function runTask(
  args: string[],
  env: Record<string, string>,
): Promise<Told> {
  const names = ["PATH", "HOME", "DENO_DIR", "LD_LIBRARY_PATH"];
  const inherited = names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value ? [[name, value]] : [];
  });
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", ...args],
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { exit: code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}
