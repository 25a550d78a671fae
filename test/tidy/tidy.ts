/** A rule of the house as two tests: on the real tree, and on examples that break it. */
import { assert, assertEquals } from "@std/assert";

/** A text file of the project. */
export interface TidyFile {
  path: string;
  text: string;
}

/** Finds violations, each as `path:line: what is wrong`. */
export type Rule = (files: TidyFile[]) => string[];

/** Files that break a rule, and the places at which it must say so. */
export type BadExample = [files: Record<string, string>, ...places: string[]];

/** Where a rule looks, and how it is known to work. */
export interface TidyRule {
  rule: Rule;
  /** Paths in the real tree that the rule is for. */
  paths: RegExp;
  bad: BadExample[];
  /** Files in which the rule must find nothing. */
  good?: Record<string, string>[];
}

const SKIPPED = /^(\.git|\.sluice|node_modules)$|\.(gz|db|png|lock)$/;

/** Every text file of the project; what is ignored or made is left out. */
export function readTree(folder = "."): TidyFile[] {
  const files: TidyFile[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (SKIPPED.test(name) || name === ".env") continue;
    const path = folder === "." ? name : `${folder}/${name}`;
    if (isDirectory) files.push(...readTree(path));
    else files.push({ path, text: Deno.readTextFileSync(path) });
  }
  return files.sort((one, other) => one.path < other.path ? -1 : 1);
}

let tree: TidyFile[] | undefined;

/** Registers a rule: nothing in the tree breaks it, and every bad example does. */
export function tidyTest(sentence: string, tidy: TidyRule): void {
  Deno.test(sentence, () => {
    tree ??= readTree();
    const files = tree.filter(({ path }) => tidy.paths.test(path));
    assert(
      files.length,
      `no file is like ${tidy.paths}: nothing was looked at`,
    );
    const found = tidy.rule(files);
    assert(!found.length, `\n${found.join("\n")}`);
  });
  Deno.test(`${sentence} (examples that break it are found)`, () => {
    assert(tidy.bad.length, "a rule without a bad example proves nothing");
    for (const [texts, ...places] of tidy.bad) {
      const found = tidy.rule(asFiles(texts));
      assertEquals(found.map(placeOf), places, found.join("\n"));
    }
    for (const texts of tidy.good ?? []) {
      assertEquals(tidy.rule(asFiles(texts)), []);
    }
  });
}

function asFiles(texts: Record<string, string>): TidyFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }));
}

function placeOf(violation: string): string {
  return violation.match(/^[^:]+:\d+(?=: )/)?.[0] ?? violation;
}

/** The number of the line in which a character stands. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Looks at each line of each file; `what` says what is wrong with it, or nothing. */
export function eachLine(
  files: TidyFile[],
  what: (line: string, file: TidyFile) => string | undefined,
): string[] {
  return files.flatMap((file) =>
    file.text.split("\n").flatMap((line, index) => {
      const wrong = what(line, file);
      return wrong ? [`${file.path}:${index + 1}: ${wrong}`] : [];
    })
  );
}
