/** TypeScript as the tidy rules see it: the syntax tree that the linter makes. */
import { lineAt, type Rule, type TidyFile } from "./tidy.ts";

// deno-lint-ignore no-explicit-any
declare const UNTYPED: any;

/** A node of the tree; what each kind holds is ESTree's. */
export type Node = typeof UNTYPED;

/** Says what is wrong with a node, or nothing. */
export type Look = (node: Node, file: TidyFile) => string | undefined;

/** Looks at every node of the kinds that the keys name. */
export function nodeRule(looks: Record<string, Look>): Rule {
  return (files) =>
    files.flatMap((file) =>
      nodesOf(file, Object.keys(looks)).flatMap((node) => {
        const wrong = looks[node.type](node, file);
        return wrong
          ? [`${file.path}:${lineAt(file.text, node.range[0])}: ${wrong}`]
          : [];
      })
    );
}

/** The nodes of these kinds in a file, in order. */
export function nodesOf(file: TidyFile, kinds: string[]): Node[] {
  const found: Node[] = [];
  const visitor = Object.fromEntries(
    kinds.map((kind) => [kind, (node: Node) => void found.push(node)]),
  );
  Deno.lint.runPlugin(
    { name: "tidy", rules: { all: { create: () => visitor } } },
    file.path.replace(/^.*\//, ""),
    file.text,
  );
  return found;
}

/** What a file imports by a fixed name, and whence. */
export function importsOf(
  file: TidyFile,
): { from: string; line: number; node: Node }[] {
  const nodes = nodesOf(file, [
    "ImportDeclaration",
    "ImportExpression",
    "ExportNamedDeclaration",
    "ExportAllDeclaration",
    "CallExpression",
  ]);
  return nodes.flatMap((node) => {
    const is_resolve = node.type === "CallExpression" &&
      file.text.slice(...node.callee.range) === "import.meta.resolve";
    const source = is_resolve ? node.arguments[0] : node.source;
    return typeof source?.value === "string"
      ? [{ from: source.value, line: lineAt(file.text, node.range[0]), node }]
      : [];
  });
}

/** The path in the project that a relative import means. */
export function resolved(path: string, from: string): string {
  return new URL(from, `file:///${path}`).pathname.slice(1);
}

/** The texts of a file that are written in quotes: what they say, and their place. */
export function textsOf(file: TidyFile): { text: string; line: number }[] {
  return nodesOf(file, ["Literal", "TemplateLiteral"]).flatMap((node) => {
    const text = node.type === "Literal"
      ? node.value
      : file.text.slice(node.range[0] + 1, node.range[1] - 1);
    return typeof text === "string"
      ? [{ text, line: lineAt(file.text, node.range[0]) }]
      : [];
  });
}
