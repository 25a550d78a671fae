/**
 * ok: the gate that every change passes: format, lint, types, tests.
 *
 *   deno task ok
 *
 * With REQUIRE_ALL=1 the servers that tests use are installed first, loops run
 * in full, and a skipped test is a failure.
 */
import { main } from "../lib/cli/main.ts";
import { print } from "../lib/cli/output.ts";
import { variable } from "../lib/cli/inputs.ts";

const CHECKS = [
  "fmt --check -q",
  "lint -q",
  "check -q scripts test data",
];

await main({}, async () => {
  let failed = 0;
  for (const check of CHECKS) {
    const start = performance.now();
    const { success } = await deno(check.split(" "));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    print(
      Deno.stderr,
      `deno ${check}  ${success ? "ok" : "failed"}  ${seconds} s`,
    );
    if (!success) failed++;
  }
  if (variable("REQUIRE_ALL")) {
    // What is still missing afterwards, the tests that need it will say.
    await deno(["run", "-q", "-A", "scripts/commands/servers.ts"]);
  }
  const { text } = await deno(["test", "-A", "-q", "--parallel", "test/"]);
  const [, passed = "0", lost = "1"] = text.match(
    /\| (\d+) passed.*? \| (\d+) failed/,
  ) ?? [];
  const skipped = [...text.matchAll(/^(.*) \.\.\. .*ignored.*$/gm)]
    .map((match) => match[1]);
  for (const name of skipped) print(Deno.stderr, `skipped: ${name}`);
  failed += Number(lost);
  if (variable("REQUIRE_ALL")) failed += skipped.length;
  print(
    Deno.stdout,
    `${Number(passed) + CHECKS.length} passed, ${failed} failed`,
  );
  return failed ? 1 : 0;
});

/** Runs Deno, shows what it says, and keeps it. */
async function deno(args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    Deno.stdout.writeSync(new TextEncoder().encode(part));
  }
  return { ...await child.status, text };
}
