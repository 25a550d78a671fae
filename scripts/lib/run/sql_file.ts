/** A SQL file of a job: its verb, its header and its statements. */
import { createHash } from "node:crypto";
import { splitStatements, type Statement } from "../warehouse/sql_tokens.ts";

/** A parsed SQL file; nothing in it is ever changed. */
export interface SqlFile {
  /** As people and errors name it: `sql/rides/sqlite/010_clean_rides.sql`. */
  path: string;
  /** `010_clean_rides.sql` */
  name: string;
  /** `010` */
  number: string;
  /** `clean` */
  verb: string;
  text: string;
  sha256: string;
  /** The first sentence of the header: what is true after the file has run. */
  sentence: string;
  /** The lines `key: value` of the header. */
  header: Map<string, string>;
  statements: Statement[];
}

/** Parses the text of a SQL file. */
export function parseSqlFile(path: string, text: string): SqlFile {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const [, number, verb] = name.match(/^(\d{3})_([a-z]+)_[a-z0-9_]+\.sql$/) ??
    [];
  if (!verb) {
    throw new TypeError(
      `Cannot use ${path}: expected a name like "010_clean_rides.sql", found "${name}"`,
    );
  }
  const { sentence, header } = parseHeader(text);
  return {
    path,
    name,
    number,
    verb,
    text,
    sha256: createHash("sha256").update(text).digest("hex"),
    sentence,
    header,
    statements: splitStatements(text),
  };
}

/** The files of a folder in the order in which they run. */
export async function readFolder(folder: string): Promise<SqlFile[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && entry.name.endsWith(".sql")) names.push(entry.name);
  }
  return await Promise.all(
    names.sort().map(async (name) =>
      parseSqlFile(
        `${folder}/${name}`,
        await Deno.readTextFile(`${folder}/${name}`),
      )
    ),
  );
}

/** What a statement makes or changes: a table or a view, bare name. */
export function madeBy(statement: string): string | undefined {
  const text = statement.replace(/--[^\n]*/g, " ").trim();
  return text.match(
    /^(?:create(?: or replace)?(?: temp| temporary)? (?:table|view)(?: if not exists)?|insert into|merge into|update|delete from)\s+"?(?:temp\.|pg_temp\.)?(\w+)/i,
  )?.[1];
}

function parseHeader(text: string) {
  const comment = text.match(/^(?:--[^\n]*\n)*/)![0]
    .split("\n")
    .filter((line) => line.startsWith("--"))
    .map((line) => line.slice(2).trimEnd());
  const end = comment.indexOf("");
  const sentence = comment.slice(0, end < 0 ? undefined : end)
    .map((line) => line.trim()).join(" ");
  const header = new Map<string, string>();
  let key: string | undefined;
  for (const line of end < 0 ? [] : comment.slice(end + 1)) {
    const pair = line.match(/^ ([a-z][a-z ]*):\s*(.*)$/);
    if (pair) {
      key = pair[1];
      header.set(key, pair[2]);
    } else if (key) {
      header.set(key, `${header.get(key)} ${line.trim()}`);
    }
  }
  return { sentence, header };
}

/** Line and column of a character offset, with the line itself and a caret. */
export function placeAt(
  text: string,
  offset: number,
): { line: number; column: number; excerpt: string } {
  const before = text.slice(0, offset).split("\n");
  const line_text = text.split("\n")[before.length - 1];
  const column = before.at(-1)!.length + 1;
  return {
    line: before.length,
    column,
    excerpt: `  ${line_text}\n  ${" ".repeat(column - 1)}^`,
  };
}

/** The feeds of a job: every `staging_<feed>` that its statements name. */
export function feedsOf(files: SqlFile[]): string[] {
  const names = files.flatMap(({ text }) =>
    [...text.replace(/--[^\n]*/g, "").matchAll(/\bstaging_(\w+)/g)]
      .map((match) => match[1])
  );
  return [...new Set(names)].sort();
}
