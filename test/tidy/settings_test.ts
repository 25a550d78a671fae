/** What a machine can list is listed: variables, packages, permissions. */
import { importsOf, nodesOf } from "./type_script.ts";
import { eachLine, type TidyFile, tidyTest } from "./tidy.ts";

const CONFIG = /^(deno\.json|\.env\.example|docker-compose\.yml|.*\.ts)$/;

interface Config {
  tasks?: Record<string, { command: string }>;
  permissions?: Record<string, { env?: string[] | true }>;
}

/** Set by Deno, by tests and by CI: nobody writes them into `.env`. */
const NOT_SETTINGS = ["INIT_CWD", "SLUICE_CRASH_AT", "REQUIRE_ALL"];
/** The SDK of S3 reads these from the environment itself. */
const READ_BY_SDK = /^AWS_/;
/** Direct and indirect, for all systems; S3 alone brings 24, who one is to Google 21. */
const PACKAGES_MAX = 88;
const DIRECT_MAX = 8;

/** Those with a script; push runs the jobs of others. */
function pipelinesOf(files: TidyFile[]): string[] {
  return files.flatMap(({ path }) =>
    path.match(/^scripts\/(?!push\.ts$)([a-z]+)\.ts$/)?.[1] ?? []
  );
}

/** Variables that the code and docker-compose.yml read, each with its place. */
function variablesRead(files: TidyFile[]): Map<string, string> {
  const read = new Map<string, string>();
  const pipelines = pipelinesOf(files).map((name) => name.toUpperCase());
  for (const file of files) {
    if (file.path === "docker-compose.yml") {
      for (const [, name] of file.text.matchAll(/\$\{(\w+)/g)) {
        read.set(name, file.path);
      }
    }
    if (!/^scripts\/.*\.ts$/.test(file.path)) continue;
    for (
      const { callee, arguments: [first] } of nodesOf(file, ["CallExpression"])
    ) {
      const name = file.text.slice(...callee.range as [number, number]);
      if (typeof first?.value !== "string") continue;
      if (/^(variable|requiredVariable|own|Deno\.env\.get)$/.test(name)) {
        read.set(first.value, file.path);
      }
      if (!/^(own|special)$/.test(name)) continue;
      for (const pipeline of pipelines) {
        read.set(`${pipeline}_${first.value}`, file.path);
      }
    }
  }
  return read;
}

tidyTest(".env.example lists every variable that is read, and no other", {
  paths: CONFIG,
  rule: (files) => {
    const example = files.find(({ path }) => path === ".env.example")?.text ??
      "";
    const listed = [...example.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map((
      [, name],
    ) => name);
    const read = variablesRead(files);
    return [
      ...[...read.keys()]
        .filter((name) =>
          !listed.includes(name) && !NOT_SETTINGS.includes(name)
        )
        .map((name) =>
          `.env.example:1: ${name} is read by ${read.get(name)}, but not listed`
        ),
      ...listed.filter((name) => !read.has(name) && !READ_BY_SDK.test(name))
        .map((name) => `.env.example:1: nothing reads ${name}`),
    ];
  },
  bad: [
    [
      {
        ".env.example": "RIDES_INBOX_URL=x\n#OLD=1\n",
        "scripts/rides.ts": 'requiredVariable("RIDES_INBOX_URL", "");\n',
        "scripts/lib/cli/settings.ts":
          'own("SQLITE_PATH");\nvariable("INIT_CWD");\n',
        "docker-compose.yml": "x: ${SECRET:-a}\n",
      },
      ...Array(4).fill(".env.example:1"),
    ],
  ],
  good: [{
    ".env.example": "#A=1\nB=2\n# C=3 is prose\n",
    "scripts/lib/a.ts": 'variable("A");\nDeno.env.get("B");\nspecial("C");\n',
    "scripts/push.ts": "",
  }],
});

tidyTest("permission sets let a script read every variable that lib reads", {
  paths: CONFIG,
  rule: (files) => {
    const config = files.find(({ path }) => path === "deno.json")!;
    const { permissions = {}, tasks = {} }: Config = JSON.parse(config.text);
    const needed = [...variablesRead(files)].filter(([name, path]) =>
      path.startsWith("scripts/lib/") && !/^REQUIRE_ALL$/.test(name)
    ).map(([name]) => name);
    const commands = Object.values(tasks).map(({ command }) => command);
    const pipelines = pipelinesOf(files);
    return Object.entries(permissions)
      .filter(([set, { env }]) =>
        env !== true &&
        commands.some((command) => command.includes(` -P=${set} scripts/`))
      )
      .flatMap(([set, { env = [] }]) => {
        // The set of one pipeline is not for the variables of another.
        const others = pipelines.includes(set)
          ? pipelines.filter((name) => name !== set)
          : [];
        return needed.filter((name) =>
          !(env as string[]).includes(name) &&
          !others.some((other) => name.startsWith(`${other.toUpperCase()}_`))
        ).map((name) => `deno.json:1: set ${set} may not read ${name}`);
      });
  },
  bad: [
    [
      {
        "deno.json":
          '{"permissions": {"a": {"env": ["A"]}, "b": {"env": true}, "c": {}}, "tasks": {"a": {"command": "deno run -P=a scripts/a.ts"}, "b": {"command": "deno run -P=b scripts/b.ts"}, "c": {"command": "deno run -P=c test/c.ts"}}}',
        "scripts/lib/a.ts": 'variable("A");\nvariable("B");\n',
      },
      "deno.json:1",
    ],
    [
      {
        "deno.json":
          '{"permissions": {"rides": {"env": []}}, "tasks": {"a": {"command": "deno run -P=rides scripts/rides.ts"}}}',
        "scripts/rides.ts": "",
        "scripts/docks.ts": "",
        "scripts/lib/a.ts": 'special("STORE_URL");\n',
      },
      "deno.json:1",
    ],
  ],
});

tidyTest("packages are few, pinned exactly, and used", {
  paths: /^(deno\.json|.*\.ts)$/,
  rule: (files) => {
    const config = files.find(({ path }) => path === "deno.json")!;
    const imports: [string, string][] = Object.entries(
      JSON.parse(config.text).imports ?? {},
    );
    const used = new Set(
      files.filter(({ path }) => path.endsWith(".ts"))
        .flatMap((file) => importsOf(file).map(({ from }) => from)),
    );
    const targets = new Set(
      imports.map(([, target]) => target.match(/^\w+:@?[^@]+/)?.[0]),
    );
    return [
      ...imports.filter(([, target]) =>
        !/^(npm|jsr):@?[^@]+@\d+\.\d+\.\d+[\w.-]*(\/.*)?$/.test(target)
      ).map(([name, target]) =>
        `deno.json:1: ${name}: expected an exact version, found ${target}`
      ),
      ...imports.filter(([name]) => !used.has(name))
        .map(([name]) => `deno.json:1: nothing imports ${name}`),
      ...(targets.size > DIRECT_MAX
        ? [
          `deno.json:1: expected at most ${DIRECT_MAX} packages, found ${targets.size}`,
        ]
        : []),
    ];
  },
  bad: [
    [
      {
        "deno.json":
          '{"imports": {"a": "npm:a@^1.0.0", "b": "npm:b@1.0.0", "c": "npm:@d/c"}}',
        "scripts/a.ts": 'import "a";\nimport("c");\n',
      },
      "deno.json:1",
      "deno.json:1",
      "deno.json:1",
    ],
    [
      {
        "deno.json": JSON.stringify({
          imports: Object.fromEntries(
            [..."abcdefghi"].map((a) => [a, `npm:${a}@1.0.0`]),
          ),
        }),
        "scripts/a.ts": [..."abcdefghi"].map((a) => `import "${a}";`).join(
          "\n",
        ),
      },
      "deno.json:1",
    ],
  ],
  good: [{
    "deno.json":
      '{"imports": {"@std/a": "npm:std@1.4.0/a/mod.js", "b": "npm:b@1.0.0-beta.17"}}',
    "test/a_test.ts": 'import "@std/a";\nimport.meta.resolve("b");\n',
  }],
});

Deno.test("the lock file holds few packages, all of them fixed by a digest", async () => {
  const lock = JSON.parse(await Deno.readTextFile("deno.lock"));
  const packages = Object.entries(
    lock.npm as Record<string, { integrity?: string }>,
  );
  const found = [
    ...(packages.length > PACKAGES_MAX
      ? [
        `deno.lock:1: expected at most ${PACKAGES_MAX} packages, found ${packages.length}`,
      ]
      : []),
    ...packages.filter(([, { integrity }]) => !integrity)
      .map(([name]) => `deno.lock:1: ${name} has no digest`),
  ];
  if (found.length) throw new Error(found.join("\n"));
});

const MACHINE_PATH = /(?<![\w.*])\/(root|home|work|workspace|mnt|Users)\/\w+/;
const E_MAIL = /[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}\b/gi;

tidyTest(
  "nothing names a machine's own path, or a mail address but example.org",
  {
    paths: /./,
    rule: (files) =>
      eachLine(files, (line) => {
        const path = line.match(MACHINE_PATH)?.[0];
        if (path) return `expected a relative path, found ${path}`;
        const mail = line.match(E_MAIL)?.find((one) =>
          !/[@.]example\.org$/i.test(one)
        );
        return mail && `expected an address of example.org, found ${mail}`;
      }),
    bad: [
      [
        {
          "a.ts": [
            "/" + "home/anna/x",
            "see /" + "root/y",
            "anna" + "@firm.com",
          ].join("\n"),
        },
        "a.ts:1",
        "a.ts:2",
        "a.ts:3",
      ],
    ],
    good: [{
      "a.ts":
        "anna@example.org\npostgres://a:b@127.0.0.1\nnpm:a@1.0.0-beta.17/native\n./test/home/a\nactions/checkout@v4",
    }],
  },
);
