/** Where things are: whoever knows one job, task or script knows all of them. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Rule, type TidyFile, tidyTest } from "./tidy.ts";

/** Scripts, SQL folders and the file that names tasks. */
const PATHS =
  /^(deno\.json$|scripts\/(commands\/)?\w+\.ts$|test\/standins\/\w+\.ts$|sql\/)/;
const README_LINES_MAX = 80;
/** Tasks of those who work on the project itself. */
const OWN_TASKS = ["bench", "ok", "servers", "test", "lint", "fmt"];

interface Config {
  tasks?: Record<string, { description?: string; command?: string }>;
  permissions?: Record<string, unknown>;
}

function configOf(files: TidyFile[]): Config {
  const file = files.find(({ path }) => path === "deno.json");
  return JSON.parse(file?.text ?? "{}");
}

function tasksOf(files: TidyFile[]): [string, string, string?][] {
  return Object.entries(configOf(files).tasks ?? {}).map((
    [name, { command = "", description }],
  ) => [name, command, description]);
}

/** Scripts at the top, by their paths: one per job, or part of one. */
function scriptsOf(files: TidyFile[], folder: string): string[] {
  const pattern = new RegExp(`^${folder}/\\w+\\.ts$`);
  return files.map(({ path }) => path).filter((path) => pattern.test(path));
}

function nameOf(path: string): string {
  return path.match(/(\w+)\.ts$/)![1];
}

function jobsOf(files: TidyFile[]): string[] {
  const jobs = files.flatMap(({ path }) =>
    path.match(/^sql\/(\w+)\/\w+\/[^/]+\.sql$/)?.[1] ?? []
  );
  return [...new Set(jobs)];
}

const isTaskOf: Rule = (files) =>
  tasksOf(files).flatMap(([name, command, description]) => {
    const script = command.match(/ ((?:scripts|test\/standins)\/\S+\.ts)/)?.[1];
    const is_there = files.some(({ path }) => path === script);
    // A source that is stood in for is called like the job that reads it.
    const expected = script?.startsWith("test/standins/")
      ? name.replace("standin:", "")
      : name.replaceAll(":", "_");
    return [
      ...(description ? [] : [`deno.json:1: task ${name} has no description`]),
      ...(OWN_TASKS.includes(name) || is_there && nameOf(script!) === expected
        ? []
        : [
          `deno.json:1: task ${name}: expected a script ${expected}.ts, found "${script}"`,
        ]),
    ];
  });

tidyTest("each task has a description and the script of its name", {
  paths: PATHS,
  rule: isTaskOf,
  bad: [
    [
      {
        "deno.json":
          '{"tasks": {"rides": {"command": "deno run scripts/rides.ts"}, "look": {"description": "x", "command": "deno run scripts/commands/see.ts"}, "ok": {"description": "x", "command": "x"}}}',
        "scripts/rides.ts": "",
        "scripts/commands/see.ts": "",
      },
      "deno.json:1",
      "deno.json:1",
    ],
  ],
  good: [{
    "deno.json":
      '{"tasks": {"rides:archive": {"description": "x", "command": "deno run -P scripts/rides_archive.ts"}, "standin:rides": {"description": "x", "command": "deno run -P test/standins/rides.ts"}}}',
    "scripts/rides_archive.ts": "",
    "test/standins/rides.ts": "",
  }],
});

tidyTest(
  "each script has a task that says how to start it, and runs with a permission set",
  {
    paths: PATHS,
    rule: (files) => {
      const config = configOf(files);
      const scripts = [
        ...scriptsOf(files, "scripts"),
        ...scriptsOf(files, "scripts/commands"),
      ];
      return scripts.flatMap((path) => {
        const task = tasksOf(files).find(([, command]) =>
          command.includes(` ${path}`)
        );
        if (!task) return [`${path}:1: no task starts it`];
        const [name, command] = task;
        const comment = files.find((file) => file.path === path)!.text
          .match(/^\/\*\*[\s\S]*?\*\//)?.[0] ?? "";
        const has_example = comment.includes(`   deno task ${name}`);
        const set = command.match(/ -P=(\w+)/)?.[1];
        const is_job = !path.startsWith("scripts/commands/");
        const is_bounded = set && config.permissions?.[set] &&
            (!is_job || set === nameOf(path).split("_")[0]) ||
          OWN_TASKS.includes(name);
        return [
          ...(has_example ? [] : [
            `${path}:1: expected an example "deno task ${name}" at the top`,
          ]),
          ...(is_bounded ? [] : [
            `${path}:1: expected a permission set in deno.json, found "${command}"`,
          ]),
        ];
      });
    },
    bad: [
      [
        {
          "deno.json":
            '{"tasks": {"rides": {"command": "deno run -P=warehouse scripts/rides.ts"}, "look": {"command": "deno run -A scripts/commands/look.ts"}}, "permissions": {"warehouse": {}}}',
          "scripts/rides.ts":
            "/**\n * rides: x\n *\n *   deno task rides\n */\n",
          "scripts/docks.ts": "",
          "scripts/commands/look.ts": "/** look */\n",
        },
        "scripts/rides.ts:1",
        "scripts/docks.ts:1",
        "scripts/commands/look.ts:1",
        "scripts/commands/look.ts:1",
      ],
    ],
  },
);

tidyTest(
  "each job has a script, a README and SQL; scripts belong to a pipeline",
  {
    paths: PATHS,
    rule: (files) => {
      const jobs = jobsOf(files);
      const scripts = scriptsOf(files, "scripts");
      const has = (path: string) => files.some((file) => file.path === path);
      const isPushed = (job: string) =>
        files.find(({ path }) => path === `sql/${job}/README.md`)
          ?.text.includes(`deno task push ${job} `);
      return [
        ...jobs.filter((job) => !has(`scripts/${job}.ts`) && !isPushed(job))
          .map((job) =>
            `sql/${job}:1: expected scripts/${job}.ts, or a README with "deno task push ${job}"`
          ),
        ...jobs.filter((job) => !has(`sql/${job}/README.md`))
          .map((job) => `sql/${job}:1: expected sql/${job}/README.md`),
        ...scripts.filter((path) =>
          !jobs.some((job) =>
            nameOf(path).split("_")[0] === job.split("_")[0] ||
            nameOf(path) === "push"
          )
        ).map((path) => `${path}:1: expected a folder sql/${nameOf(path)}/`),
        ...files.filter(({ path, text }) =>
          /^sql\/\w+\/README\.md$/.test(path) &&
          text.trimEnd().split("\n").length > README_LINES_MAX
        ).map(({ path }) =>
          `${path}:1: expected at most ${README_LINES_MAX} lines`
        ),
      ];
    },
    bad: [
      [
        {
          "scripts/rides.ts": "",
          "scripts/helper.ts": "",
          "sql/rides/sqlite/010_clean_rides.sql": "",
          "sql/rides/README.md": "a\n".repeat(81),
          "sql/docks/sqlite/010_clean_docks.sql": "",
          "sql/boats/sqlite/010_clean_boats.sql": "",
          "sql/boats/README.md": "deno task push docks a.csv",
        },
        "sql/docks:1",
        "sql/boats:1",
        "sql/docks:1",
        "scripts/helper.ts:1",
        "sql/rides/README.md:1",
      ],
    ],
    good: [{
      "scripts/rides.ts": "",
      "scripts/rides_archive.ts": "",
      "sql/rides/sqlite/010_clean_rides.sql": "",
      "sql/rides/README.md": "a\n".repeat(80),
      "scripts/push.ts": "",
      "sql/boats/sqlite/010_clean_boats.sql": "",
      "sql/boats/README.md": "deno task push boats data/boats/boats.csv",
    }],
  },
);

tidyTest("the list of tasks begins with the jobs", {
  paths: PATHS,
  rule: (files) => {
    const kinds = tasksOf(files).map(([, command]) =>
      /scripts\/\w+\.ts/.test(command)
    );
    const first_other = kinds.indexOf(false);
    return first_other >= 0 && kinds.includes(true, first_other)
      ? ["deno.json:1: a job's task stands below other tasks"]
      : [];
  },
  bad: [
    [
      {
        "deno.json":
          '{"tasks": {"ok": {"command": "x"}, "rides": {"command": "deno run scripts/rides.ts"}}}',
      },
      "deno.json:1",
    ],
  ],
});

/** Pages that must be there, with how many lines they may have. */
const PAGES: [path: string, lines_max: number][] = [
  ["README.md", 200],
  ["CONTRIBUTING.md", 400],
  ["CHANGELOG.md", 1000],
  ["LICENSE", 100],
  ["sql/README.md", 200],
  ["test/bench/README.md", 200],
];

tidyTest("the README and its sisters are there, and short", {
  paths:
    /^(deno\.json|LICENSE|[^/]+\.md|sql\/README\.md|test\/bench\/README\.md)$/,
  rule: (files) =>
    PAGES.flatMap(([path, lines_max]) => {
      const text = files.find((file) => file.path === path)?.text;
      if (!text?.trim()) return [`${path}:1: expected this page, found none`];
      const lines = text.trimEnd().split("\n").length;
      return lines > lines_max
        ? [`${path}:1: expected at most ${lines_max} lines, found ${lines}`]
        : [];
    }),
  bad: [
    [
      {
        ...Object.fromEntries(PAGES.slice(2).map(([path]) => [path, "x"])),
        "README.md": "a\n".repeat(201),
      },
      "README.md:1",
      "CONTRIBUTING.md:1",
    ],
  ],
});

Deno.test("every task of Sluice answers --help with an example and its flags", async () => {
  const config: Config = JSON.parse(await Deno.readTextFile("deno.json"));
  const tasks = Object.entries(config.tasks ?? {}).filter(([, { command }]) =>
    command?.includes(" scripts/")
  );
  await Promise.all(tasks.map(async ([name, { command }]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...command!.split(" ").slice(1), "--help"],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assertEquals(code, 0, `${name}: ${new TextDecoder().decode(stderr)}`);
    assertStringIncludes(text, `deno task ${name}`);
    assertStringIncludes(text, "--help");
  }));
});
