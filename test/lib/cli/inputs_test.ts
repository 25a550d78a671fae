import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runCode } from "./run_code.ts";

const TASK = `/**
 * rides: loads rides.
 *
 *   deno task rides data/rides.jsonl
 */
import { givenPath, JOB_FLAGS, requiredVariable } from "LIB/cli/inputs.ts";
import { main } from "LIB/cli/main.ts";
import { oneOf } from "LIB/cli/names.ts";

await main(
  { arguments: ["<rides file>"], counts: [0, 1, 2], flags: JOB_FLAGS },
  async (task) => {
    const [first] = task.arguments;
    if (first === "required") requiredVariable("RIDES_URL", "see .env.example");
    if (first === "fail") throw new Error("Cannot load postgres://anna:secret@h/d");
    if (first === "boom") throw new TypeError("Cannot read it");
    if (first === "three") return 3;
    if (first === "name") oneOf("the job", task.arguments[1], ["rides", "docks"]);
    if (first === "path") return console.log(givenPath(task.arguments[1]));
    task.report.line("a step");
    task.report.result({ given: task.arguments, ...task.texts, ...task.switches, big: 9007199254740993n });
  },
);
`;

const run = (args: string[], env: Record<string, string> = {}) =>
  runCode(TASK, { args, env });

Deno.test("a mistyped flag is exit 64 and names the nearest", async () => {
  const { code, stderr } = await run(["--alow-empty"]);
  assertEquals(code, 64);
  assertStringIncludes(
    stderr,
    'found "--alow-empty": did you mean --allow-empty?',
  );
});

Deno.test("a mistyped name is exit 64 and names the nearest", async () => {
  const { code, stderr } = await run(["name", "ride"]);
  assertEquals(code, 64);
  assertStringIncludes(stderr, 'found "ride": did you mean "rides"?');
});

Deno.test("a wrong number of arguments, or a flag without its value, is exit 64", async () => {
  const many = await run(["a", "b", "c"]);
  assertEquals(many.code, 64);
  assertStringIncludes(many.stderr, "expected <rides file>");
  const bare = await run(["--warehouse="]);
  assertEquals(bare.code, 64);
  assertStringIncludes(bare.stderr, "expected a value after --warehouse");
});

Deno.test("a missing variable is exit 64 and is named; an empty one is missing", async () => {
  for (const env of [{}, { RIDES_URL: "" }] as Record<string, string>[]) {
    const { code, stderr } = await run(["required"], env);
    assertEquals(code, 64);
    assertStringIncludes(stderr, '"RIDES_URL" is not set: see .env.example');
  }
  assertEquals((await run(["required"], { RIDES_URL: "x" })).code, 0);
});

Deno.test("flags and arguments arrive as they were typed", async () => {
  const { code, stdout, stderr } = await run([
    "0012",
    "--json",
    "--warehouse",
    "postgres",
    "--force",
  ]);
  assertEquals(code, 0, stderr);
  assertEquals(
    stdout,
    '{"given":["0012"],"warehouse":"postgres","force":true,"again":false,"allow-empty":false,"help":false,"quiet":false,"json":true,"big":9007199254740993}\n',
  );
  assertEquals(stderr, "a step\n");
});

Deno.test("--help prints the comment at the top and the flags, and runs nothing", async () => {
  const { code, stdout } = await run(["fail", "--help"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "  deno task rides data/rides.jsonl");
  for (const flag of ["--allow-empty", "--quiet", "--json", "--help"]) {
    assertStringIncludes(stdout, flag);
  }
});

Deno.test("--quiet prints nothing on success and everything on failure", async () => {
  const well = await run(["--quiet"]);
  assertEquals([well.code, well.stdout, well.stderr], [0, "", ""]);
  const bad = await run(["fail", "--quiet"]);
  assertEquals(bad.code, 1);
  assertStringIncludes(bad.stderr, "error: Cannot load");
});

Deno.test("an error hides passwords, and its stack unless DEBUG is set", async () => {
  const { code, stderr } = await run(["fail"]);
  assertEquals(code, 1);
  assertEquals(stderr, "error: Cannot load postgres://anna:***@h/d\n");
  const debug = await run(["fail"], { DEBUG: "1" });
  assertStringIncludes(debug.stderr, "    at ");
  assert(!debug.stderr.includes("secret"));
});

Deno.test("the story's number is the exit code", async () => {
  assertEquals((await run(["three"])).code, 3);
});

Deno.test("a path is meant from the folder in which it was typed", async () => {
  const typed = async (path: string, folder: string) =>
    (await run(["path", path], { INIT_CWD: folder })).stdout.trim();
  assertEquals(await typed("a.jsonl", "/tmp/x"), "/tmp/x/a.jsonl");
  assertEquals(await typed("/b.jsonl", "/tmp/x"), "/b.jsonl");
  assertEquals(await typed("a.jsonl", Deno.cwd()), "a.jsonl");
});
