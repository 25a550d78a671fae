/** Size is a smell: a big file or function is two ideas that share a room. */
import { type Node, nodeRule, nodesOf } from "./type_script.ts";
import { lineAt, type TidyFile, tidyTest } from "./tidy.ts";

const TYPE_SCRIPT = /^(scripts|test|data)\/.*\.ts$/;
const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 70;
/** Two are the aim; a third may be a plain value, more become an object. */
const PARAMETERS_MAX = 3;
const WAY_LINES_MAX = 700;
const A = "scripts/lib/run/a.ts";

tidyTest("files of TypeScript have at most 300 lines", {
  paths: TYPE_SCRIPT,
  rule: (files) =>
    files.map(({ path, text }) => ({
      path,
      lines: text.trimEnd().split("\n").length,
    }))
      .filter(({ lines }) => lines > FILE_LINES_MAX)
      .map(({ path, lines }) =>
        `${path}:1: expected at most ${FILE_LINES_MAX} lines, found ${lines}`
      ),
  bad: [[{ [A]: "a;\n".repeat(301) }, `${A}:1`]],
  good: [{ [A]: "a;\n".repeat(300) }],
});

const FUNCTIONS = [
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
];

tidyTest("functions have at most 70 lines", {
  paths: TYPE_SCRIPT,
  rule: nodeRule(Object.fromEntries(FUNCTIONS.map((kind) => [
    kind,
    (node: Node, { text }: TidyFile) => {
      const [start, end] = node.range;
      const lines = lineAt(text, end) - lineAt(text, start) + 1;
      return lines > FUNCTION_LINES_MAX
        ? `expected at most ${FUNCTION_LINES_MAX} lines, found ${lines}`
        : undefined;
    },
  ]))),
  bad: [
    [{ [A]: `function a() {\n${"b;\n".repeat(69)}}\n` }, `${A}:1`],
    [{ [A]: `class A {\n  b() {\n${"b;\n".repeat(69)}}}\n` }, `${A}:2`],
    [{ [A]: `\nconst a = () => {\n${"b;\n".repeat(69)}}\n` }, `${A}:2`],
  ],
  good: [{ [A]: `function a() {\n${"b;\n".repeat(68)}}\n` }],
});

tidyTest("functions take at most three parameters; more become an object", {
  paths: /^scripts\/.*\.ts$/,
  rule: nodeRule(Object.fromEntries(
    [...FUNCTIONS, "TSMethodSignature"].map((kind) => [
      kind,
      (node: Node) =>
        node.params.length > PARAMETERS_MAX
          ? `expected at most ${PARAMETERS_MAX} parameters, found ${node.params.length}`
          : undefined,
    ]),
  )),
  bad: [
    [
      {
        [A]:
          "function a(b, c, d, e) {}\n(b, c, d, e) => 1;\nclass A {\n  b(c, d, e, f) {}\n}\ninterface B {\n  a(b: 1, c: 2, d: 3, e: 4): void;\n}\n",
      },
      `${A}:1`,
      `${A}:2`,
      `${A}:4`,
      `${A}:7`,
    ],
  ],
  good: [{ [A]: "function a(b, { c, d, e, f }) {}\n" }],
});

tidyTest("files are called in snake_case", {
  paths: /^(scripts|test|data)\/(?!cases\/)/,
  rule: (files) =>
    files.filter(({ path }) => path.endsWith(".ts"))
      .filter(({ path }) => !/^([a-z0-9_]+\/)*[a-z][a-z0-9_]*\.ts$/.test(path))
      .map(({ path }) => `${path}:1: expected snake_case`),
  bad: [
    [
      { "scripts/lib/runJob.ts": "", "scripts/lib/run-job.ts": "" },
      "scripts/lib/runJob.ts:1",
      "scripts/lib/run-job.ts:1",
    ],
  ],
  good: [{ "scripts/lib/run_job.ts": "" }],
});

tidyTest("each export has a sentence of JSDoc", {
  paths: TYPE_SCRIPT,
  rule: nodeRule({
    ExportNamedDeclaration: (node, { text }) => {
      if (!node.declaration) return undefined;
      const before = text.slice(0, node.range[0]).trimEnd();
      const comment = before.endsWith("*/")
        ? before.slice(before.lastIndexOf("/**"))
        : "";
      if (/[A-Za-z].*[.?:]\s*\*\/$/s.test(comment)) return undefined;
      // A type under the constant that it is made of needs no sentence of its own.
      const is_type_of = /^export type \w+ = typeof /.test(
        text.slice(node.range[0]),
      );
      return is_type_of ? undefined : "expected /** a sentence. */ above";
    },
  }),
  bad: [
    [
      {
        [A]:
          "export const a = 1;\n// Says.\nexport function b() {}\n/** says */\nexport class C {}\n/** Says. */\nlet d;\nexport interface E {}\n",
      },
      `${A}:1`,
      `${A}:3`,
      `${A}:5`,
      `${A}:8`,
    ],
  ],
  good: [{
    [A]:
      '/** Says. */\nexport const a = 1;\nexport type A = typeof a;\nexport { b } from "./b.ts";\n/**\n * Says\n * more.\n */\nexport class C {}\n',
  }],
});

/** The files through which a row goes, and of drivers the functions that load. */
const WAY: [path: string, name?: string][] = [
  ["scripts/posts.ts"],
  ["scripts/lib/run/run_job.ts"],
  ["scripts/lib/store/land.ts"],
  ["scripts/lib/bytes/lines.ts"],
  ["scripts/lib/run/run_folder.ts"],
  ["scripts/lib/warehouse/copy_rows.ts"],
  ["scripts/lib/warehouse/postgres.ts", "load"],
  ["scripts/lib/warehouse/sqlite.ts", "load"],
];

/** How many lines of each file are on the way of a row. */
export function wayLines(files: TidyFile[]): Map<string, number> {
  return new Map(WAY.flatMap(([path, name]) => {
    const file = files.find((file) => file.path === path);
    if (!file) return [];
    if (!name) return [[path, file.text.trimEnd().split("\n").length]];
    const load = nodesOf(file, ["MethodDefinition"])
      .find(({ key }) => key.name === name);
    if (!load) return [];
    const [start, end] = load.range;
    return [[path, lineAt(file.text, end) - lineAt(file.text, start) + 1]];
  }));
}

tidyTest("the way of a row, from script to table, has at most 700 lines", {
  paths: /^scripts\/.*\.ts$/,
  rule: (files) => {
    const lines = wayLines(files);
    const sum = [...lines.values()].reduce((sum, n) => sum + n, 0);
    const gone = WAY.filter(([path]) => !lines.has(path));
    return [
      ...gone.map(([path]) =>
        `${path}:1: it is on the way of a row, but not there`
      ),
      ...(sum > WAY_LINES_MAX
        ? [
          `${
            WAY[0][0]
          }:1: expected at most ${WAY_LINES_MAX} lines, found ${sum}`,
        ]
        : []),
    ];
  },
  bad: [
    [
      Object.fromEntries(
        WAY.map((
          [path],
        ) => [path, "class A {\n  load() {\n}\n}\n" + "a;\n".repeat(140)]),
      ),
      "scripts/posts.ts:1",
    ],
    [
      Object.fromEntries(
        WAY.slice(1).map(([path]) => [path, "class A { load() {} }"]),
      ),
      "scripts/posts.ts:1",
    ],
  ],
});
