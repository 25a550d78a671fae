/** SQL files as the tidy rules see them: tokens, and the tables they name. */
import { parseSqlFile, type SqlFile } from "../../scripts/lib/run/sql_file.ts";
import {
  type Token,
  tokenize,
} from "../../scripts/lib/warehouse/sql_tokens.ts";
import { lineAt, type TidyFile } from "./tidy.ts";

/** A token with how many brackets it stands in. */
export interface Word extends Token {
  depth: number;
}

/** A SQL file in its place, `sql/<job>/<dialect>/`. */
export interface JobSql extends SqlFile {
  job: string;
  dialect: string;
  /** Number of lines of comment at the top. */
  header_lines: number;
  /** What runs: everything after the header. */
  sql: string;
  /** The words of each statement, offsets counted in the file. */
  statement_words: Word[][];
}

/** A table that a statement names, and where. */
export interface TableName {
  name: string;
  /** `temp` in `temp.rides`. */
  schema?: string;
  word: Word;
  /** The token after the name. */
  next?: Word;
}

/** The SQL files of jobs; one whose name cannot be read is another rule's matter. */
export function jobSqlFiles(files: TidyFile[]): JobSql[] {
  return files.flatMap(({ path, text }) => {
    const match = path.match(/^sql\/([^/]+)\/([^/]+)\/\d{3}_[a-z]+_\w+\.sql$/);
    if (!match) return [];
    const file = parseSqlFile(path, text);
    const header = text.match(/^(?:--[^\n]*\n)*/)![0];
    const [, job, dialect] = match;
    return [{
      ...file,
      job,
      dialect,
      header_lines: header.split("\n").length - 1,
      sql: text.slice(header.length),
      statement_words: file.statements.map(({ text, start }) =>
        wordsOf(text, start)
      ),
    }];
  });
}

/** The tokens of a statement but for spaces and comments. */
export function wordsOf(text: string, start = 0): Word[] {
  let depth = 0;
  return tokenize(text).filter(({ kind }) => kind !== "space").map((token) => {
    if (token.text === ")") depth--;
    const word = {
      ...token,
      // Names in double quotes keep their letters; all else is compared in small ones.
      text: token.kind === "word" && !token.text.startsWith('"')
        ? token.text.toLowerCase()
        : token.text,
      start: token.start + start,
      end: token.end + start,
      depth,
    };
    if (token.text === "(") depth++;
    return word;
  });
}

/** A violation at a word. */
export function at(file: TidyFile, word: Token, what: string): string {
  return `${file.path}:${lineAt(file.text, word.start)}: ${what}`;
}

/** Names that a statement defines by `with`. */
export function cteNames(words: Word[]): Set<string> {
  const names = words.filter((_, i) => {
    const next = words.slice(i + 1, i + 5).map(({ text }) => text);
    return ["with", "recursive", ","].includes(words[i - 1]?.text) &&
      /^as (?:(?:not )?materialized )?\(/.test(next.join(" "));
  });
  return new Set(names.map(({ text }) => text));
}

const FUNCTIONS_WITH_FROM = ["extract", "substring", "trim", "overlay"];

/** Tables and views that a statement reads: after from, join and merge's using. */
export function tablesRead(words: Word[]): TableName[] {
  const ctes = cteNames(words);
  return words.flatMap((word, i) => {
    const is_source = word.text === "join" ||
      word.text === "from" && isFromClause(words, i) ||
      word.text === "using" && isUsingClause(words, i);
    if (!is_source) return [];
    const found = tableAt(words, i + 1);
    const is_table = found && found.next?.text !== "(" &&
      (found.schema || !ctes.has(found.name));
    return is_table ? [found] : [];
  });
}

/** Whether a `from` begins the tables of a select or an update. */
export function isFromClause(words: Word[], i: number): boolean {
  if (["distinct", "delete"].includes(words[i - 1]?.text)) return false;
  const open = words.slice(0, i).findLastIndex((word) =>
    word.text === "(" && word.depth === words[i].depth - 1
  );
  return !FUNCTIONS_WITH_FROM.includes(words[open - 1]?.text);
}

/** Whether a `using` names what a merge or a delete goes by, not a join's columns. */
function isUsingClause(words: Word[], i: number): boolean {
  const before = words.slice(0, i).findLast(({ text, depth }) =>
    depth === words[i].depth && /^(merge|delete|join|select)$/.test(text)
  );
  return /^(merge|delete)$/.test(before?.text ?? "");
}

function tableAt(words: Word[], i: number): TableName | undefined {
  if (["lateral", "only"].includes(words[i]?.text)) i++;
  if (words[i]?.kind !== "word") return undefined;
  const bare = (word: Word) => word.text.replaceAll('"', "");
  if (words[i + 1]?.text !== ".") {
    return { name: bare(words[i]), word: words[i], next: words[i + 1] };
  }
  return {
    name: bare(words[i + 2]),
    schema: bare(words[i]),
    word: words[i],
    next: words[i + 3],
  };
}

/** What a statement makes or changes. */
export interface Target extends TableName {
  action: "create" | "drop" | "insert" | "update" | "delete" | "merge";
  kind: "table" | "view";
  is_temp: boolean;
}

/** The table or view that a statement makes, changes or drops. */
export function targetOf(words: Word[]): Target | undefined {
  const texts = words.slice(0, 8).map(({ text }) => text).join(" ");
  const match = texts.match(
    /^(?:(create|drop)(?: or replace)?( temp| temporary)? (table|view)(?: if (?:not )?exists)?|(insert|merge) into|(delete) from|(truncate)(?: table)?|(update)) /,
  );
  if (!match) return undefined;
  const found = tableAt(words, match[0].trimEnd().split(" ").length);
  const [, made, temp, kind, into, deleted, emptied, updated] = match;
  return found && {
    ...found,
    action: (made ?? into ?? deleted ?? updated ??
      (emptied && "delete")) as Target["action"],
    kind: kind === "view" ? "view" : "table",
    is_temp: temp !== undefined,
  };
}

/** All that a statement changes: one target, or more where `with` changes rows, too. */
export function targetsOf(words: Word[]): (Target & { end: number })[] {
  const starts = words.flatMap((word, i) => {
    const is_changing = /^(insert|update|delete|merge)$/.test(word.text);
    const is_cte = is_changing && words[i - 1]?.text === "(" &&
      words[i - 2]?.text === "as";
    const is_main = is_changing && words[0].text === "with" &&
      word.depth === 0 && words[i - 1]?.text === ")";
    return i === 0 || is_cte || is_main ? [i] : [];
  });
  return starts.flatMap((start) => {
    const part = words.slice(start);
    const target = targetOf(part);
    const end = part.find(({ depth }) => depth < words[start].depth);
    return target ? [{ ...target, end: end?.start ?? Infinity }] : [];
  });
}

/** Working tables of a folder: those that its files make as temp tables. */
export function workingTables(files: JobSql[]): Set<string> {
  const targets = files.flatMap(({ statement_words }) =>
    statement_words.map(targetOf)
  );
  return new Set(
    targets.flatMap((target) => target?.is_temp ? [target.name] : []),
  );
}
