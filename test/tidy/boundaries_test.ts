/** Who may import whom, and who alone may touch what. */
import { importsOf, nodeRule, resolved, textsOf } from "./type_script.ts";
import { type Rule, tidyTest } from "./tidy.ts";

const SCRIPTS = /^scripts\/.*\.ts$/;
const LIB = /^scripts\/lib\/.*\.ts$/;

/** Looks at each import of each file. */
function importRule(
  what: (path: string, target: string) => string | undefined,
): Rule {
  return (files) =>
    files.flatMap((file) =>
      importsOf(file).flatMap(({ from, line }) => {
        const is_own = from.startsWith(".");
        const target = is_own ? resolved(file.path, from) : from;
        const wrong = what(file.path, target);
        return wrong ? [`${file.path}:${line}: ${wrong}`] : [];
      })
    );
}

tidyTest("scripts import from lib and never each other", {
  paths: SCRIPTS,
  rule: importRule((path, target) => {
    const is_script = !path.startsWith("scripts/lib/");
    if (is_script && !target.startsWith("scripts/lib/")) {
      return `expected an import from scripts/lib/, found ${target}`;
    }
    return is_script || target.startsWith("scripts/lib/") ||
        !/^(scripts|test|data|sql)\//.test(target)
      ? undefined
      : `lib does not know ${target}`;
  }),
  bad: [
    [
      {
        "scripts/rides.ts":
          'import "./lib/a.ts";\nimport { b } from "./docks.ts";\nexport * from "postgres";\n',
      },
      "scripts/rides.ts:2",
      "scripts/rides.ts:3",
    ],
    [
      { "scripts/lib/run/a.ts": 'await import("../../rides.ts");\n' },
      "scripts/lib/run/a.ts:1",
    ],
    [
      { "scripts/commands/a.ts": 'import "./b.ts";\n' },
      "scripts/commands/a.ts:1",
    ],
  ],
  good: [{ "scripts/commands/a.ts": 'import "../lib/cli/main.ts";\n' }],
});

/** Folders of lib from the top down; one may import what stands lower, and its own. */
const LAYERS = [["cli"], ["run"], ["archive"], ["warehouse", "store", "net"], [
  "bytes",
]];

tidyTest("within lib imports go down: cli, run, warehouse and store, bytes", {
  paths: LIB,
  rule: importRule((path, target) => {
    const folderOf = (path: string) =>
      path.match(/^scripts\/lib\/(\w+)\//)?.[1];
    const own = folderOf(path);
    const other = folderOf(target);
    const layer = (name?: string) =>
      LAYERS.findIndex((names) => names.includes(name!));
    if (layer(own) < 0) return `${own} has no layer: expected one of ${LAYERS}`;
    if (!other || own === other) return undefined;
    return layer(own) < layer(other)
      ? undefined
      : `${own} does not import from ${other}`;
  }),
  bad: [
    [
      { "scripts/lib/run/a.ts": 'import type { A } from "../cli/b.ts";\n' },
      "scripts/lib/run/a.ts:1",
    ],
    [
      { "scripts/lib/store/a.ts": '\nimport "../warehouse/b.ts";\n' },
      "scripts/lib/store/a.ts:2",
    ],
    [
      { "scripts/lib/bytes/a.ts": 'export * from "../run/b.ts";\n' },
      "scripts/lib/bytes/a.ts:1",
    ],
    [
      { "scripts/lib/misc/a.ts": 'import "./b.ts";\n' },
      "scripts/lib/misc/a.ts:1",
    ],
  ],
  good: [{
    "scripts/lib/cli/a.ts": 'import "../bytes/b.ts";\nimport "./c.ts";\n',
  }],
});

tidyTest("each package is imported by one file of scripts", {
  paths: SCRIPTS,
  rule: (files) => {
    const owners = new Map<string, string>();
    return files.flatMap((file) =>
      importsOf(file).flatMap(({ from, line }) => {
        if (/^(\.|node:)/.test(from)) return [];
        const owner = owners.get(from) ?? file.path;
        owners.set(from, owner);
        return owner === file.path
          ? []
          : [`${file.path}:${line}: ${from} belongs to ${owner}`];
      })
    );
  },
  bad: [
    [
      {
        "scripts/lib/a.ts": 'import a from "postgres";\n',
        "scripts/lib/b.ts": 'import.meta.resolve("dbmate");\n',
        "scripts/lib/c.ts":
          'import a from "postgres";\nimport.meta.resolve("dbmate");\n',
      },
      "scripts/lib/c.ts:1",
      "scripts/lib/c.ts:2",
    ],
  ],
  good: [{
    "scripts/lib/a.ts":
      'import a from "postgres";\nexport type { B } from "postgres";\n',
    "scripts/lib/b.ts": 'import "node:net";\n',
    "scripts/lib/c.ts": 'import "node:net";\n',
  }],
});

/** What only one file may use. */
const OWNED: [what: RegExp, owner: string][] = [
  [/^(Deno\.args|Deno\.env|process\.(env|argv))$/, "scripts/lib/cli/inputs.ts"],
  [
    /^(Deno\.exit|Deno\.exitCode|process\.(exit|exitCode))$/,
    "scripts/lib/cli/main.ts",
  ],
];

tidyTest("one file reads arguments and environment, one sets the exit code", {
  paths: SCRIPTS,
  rule: nodeRule({
    MemberExpression: (node, { path, text }) => {
      const used = text.slice(...node.range as [number, number]);
      const owned = OWNED.find(([what]) => what.test(used));
      return owned && owned[1] !== path
        ? `${used} belongs to ${owned[1]}`
        : undefined;
    },
  }),
  bad: [
    [
      {
        "scripts/lib/run/a.ts":
          'Deno.args;\nDeno.env.get("A");\nDeno.exit(1);\nDeno.exitCode = 2;\nprocess.env.A;\n',
      },
      ...[1, 2, 3, 4, 5].map((line) => `scripts/lib/run/a.ts:${line}`),
    ],
    [
      { "scripts/lib/cli/inputs.ts": "Deno.exit(1);\n" },
      "scripts/lib/cli/inputs.ts:1",
    ],
  ],
  good: [{
    "scripts/lib/cli/inputs.ts": '"é";\nDeno.args;\n',
    "scripts/lib/cli/main.ts": 'Deno.exit(0);\n// Deno.args\n"Deno.env";\n',
  }],
});

/** Files of `lib/run` whose matter is tables; drivers load and lock. */
const SQL_FILES =
  /^scripts\/lib\/(warehouse\/\w+|run\/(ledger|tables|receipts))\.ts$/;
const SQL_TEXT =
  /^\s*(select\s|insert into\s|update \w+ set\s|delete from\s|merge into\s|truncate\s|(create|drop|alter) (or replace |temp |temporary |unique )*(table|view|schema|index)\s|with \w+ as \(|copy \S+ (\(|from)|pragma\s|attach\s|vacuum\b|begin (immediate|read only))/i;

tidyTest(
  "SQL text in TypeScript is where a driver works, in the ledger, receipts and tables",
  {
    paths: SCRIPTS,
    rule: (files) =>
      files.filter(({ path }) => !SQL_FILES.test(path)).flatMap((file) =>
        textsOf(file).filter(({ text }) => SQL_TEXT.test(text))
          .map(({ text, line }) =>
            `${file.path}:${line}: SQL belongs in a SQL file, found "${
              text.trim().slice(0, 40)
            }"`
          )
      ),
    bad: [
      [
        {
          "scripts/lib/run/a.ts":
            '"select 1";\n`\n  insert into ${a} values (1)`;\n"begin immediate";\n`with a as (select 1) select 2`;\n',
        },
        "scripts/lib/run/a.ts:1",
        "scripts/lib/run/a.ts:2",
        "scripts/lib/run/a.ts:4",
        "scripts/lib/run/a.ts:5",
      ],
      [{ "scripts/rides.ts": '"delete from rides";\n' }, "scripts/rides.ts:1"],
    ],
    good: [{
      "scripts/lib/run/ledger.ts": '"select 1";\n',
      "scripts/lib/run/a.ts":
        '"update";\n"commit";\n"commit load";\n"selected";\n"run again with --allow-empty";\n',
    }],
  },
);
