/** Runs a few lines of TypeScript in a process of their own, as a task would be. */

/** What a process said and how it ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const LIB = new URL("../../../scripts/lib/", import.meta.url).href;

/** Runs code with `LIB` standing for the folder of lib. */
export async function runCode(
  code: string,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } =
    {},
): Promise<Ended> {
  const file = await Deno.makeTempFile({
    prefix: "sluice_test_",
    suffix: ".ts",
  });
  await Deno.writeTextFile(file, code.replaceAll("LIB/", LIB));
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "-A",
        "--no-check",
        "--config=deno.json",
        file,
        ...args,
      ],
      env: { NO_COLOR: "1", ...env },
    }).output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  } finally {
    await Deno.remove(file);
  }
}
