/** The commands of the pages are run, in a fresh copy, and print what the pages say. */
import { assert, assertEquals } from "@std/assert";
import { copyProject } from "./support/copy_project.ts";

const PAGES = ["README.md", "sql/README.md", "sql/posts/README.md"];

Deno.test("the commands of the pages print what the pages say", async () => {
  const folder = await copyProject();
  let commands = 0;
  try {
    for (const page of PAGES) {
      for (const { command, expected } of await examples(page)) {
        const found = await runCommand(folder, command);
        const difference = firstDifference(expected, found);
        assertEquals(difference, undefined, `${page}: ${command}\n${found}`);
        commands++;
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  assert(commands >= 4, `expected some commands, found ${commands}`);
});

Deno.test("a page that says something else is found out", () => {
  const printed = "one  3 ms\ntwo\nthree";
  assertEquals(firstDifference("one  9 ms\n…\nthree", printed), undefined);
  assertEquals(firstDifference("one  9 ms\nthree", printed), "three");
  assertEquals(firstDifference("…\nfour", printed), "four");
  assertEquals(firstDifference("one  9 ms", printed), "two");
});

/** The blocks of a page that start with `$ `, command by command. */
async function examples(page: string) {
  const text = await Deno.readTextFile(page);
  return [...text.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block.split(/^\$ /m).filter(Boolean).map((example) => {
      const [command, ...lines] = example.trimEnd().split("\n");
      return { command, expected: lines.join("\n") };
    })
  );
}

/** The first expected line that was not printed; a line `…` stands for any lines. */
function firstDifference(
  expected: string,
  found: string,
): string | undefined {
  const lines = normal(found);
  let any = false;
  let at = 0;
  for (const line of normal(expected)) {
    if (line === "…") {
      any = true;
      continue;
    }
    const next = any ? lines.indexOf(line, at) : at;
    if (lines[next] !== line) return line;
    at = next + 1;
    any = false;
  }
  return any ? undefined : lines[at];
}

/** Lines without what differs from run to run. */
function normal(text: string): string[] {
  return text
    .replace(/\d{8}T\d{6}\.\d{3}Z/g, "<instant>")
    .replace(/\b[\d,]+ ms\b/g, "<n> ms")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter(Boolean);
}

async function runCommand(folder: string, command: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `${command} 2>&1`],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}
