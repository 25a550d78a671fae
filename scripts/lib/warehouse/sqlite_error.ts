/** Finds where in a statement SQLite stumbled; the driver does not hand the place over. */
import { type Token, tokenize } from "./sql_tokens.ts";

/** The part of a connection that is needed to try a text. */
interface Preparer {
  prepare(text: string): unknown;
}

/** What is wrong with the file or its disk, where the statement is not to blame. */
export function storageProblem(code: string | undefined): string | undefined {
  const [, kind] = code?.match(/^SQLITE_([A-Z]+)/) ?? [];
  return STORAGE_PROBLEMS[kind];
}

const STORAGE_PROBLEMS: Record<string, string | undefined> = {
  READONLY: "expected a file and folder that this user may write to",
  FULL: "expected room on its disk",
  IOERR: "expected a disk that reads and writes",
  CANTOPEN: "expected a folder in which files can be made",
  CORRUPT: "expected a whole database",
  NOTADB: "expected a database",
};

/** The character offset of the error in a statement that could not be prepared. */
export function locateError(
  db: Preparer,
  statement: string,
  message: string,
): number | undefined {
  const near = message.match(/^near "((?:[^"]|"(?!:))*)": syntax error/s)?.[1];
  const unknown = message.match(
    /^(?:no such (?:column|table|function|view|module|collation sequence)|ambiguous column name|wrong number of arguments to function|misuse of aggregate|misuse of window function)(?: function)?:? ?(.*)$/s,
  )?.[1];
  const tokens = tokenize(statement).filter((token) => token.kind !== "space");
  if (near !== undefined) {
    return syntaxError(db, tokens, { statement, message });
  }
  if (message.startsWith("unrecognized token")) {
    return syntaxError(db, tokens, { statement, message });
  }
  if (message === "incomplete input") return tokens.at(-1)?.end;
  if (unknown) {
    const name = unknown.replace(/\(\)$/, "").split(".").at(-1)!;
    return unknownName(db, tokens, { statement, message, name });
  }
}

/** The shortest prefix that already fails in the same way ends with the culprit. */
function syntaxError(
  db: Preparer,
  tokens: Token[],
  { statement, message }: { statement: string; message: string },
): number | undefined {
  for (const token of tokens) {
    if (failure(db, statement.slice(0, token.end)) === message) {
      return token.start;
    }
  }
}

/** The occurrence that still fails in the same way when all others are replaced. */
function unknownName(
  db: Preparer,
  tokens: Token[],
  { statement, message, name }: {
    statement: string;
    message: string;
    name: string;
  },
): number | undefined {
  const places = tokens.filter((token, index) =>
    token.text.replaceAll('"', "").toLowerCase() === name.toLowerCase() &&
    tokens[index - 1]?.text.toLowerCase() !== "as"
  );
  const culprit = places.find((place) => {
    const others = places.filter((other) => other !== place);
    return failure(db, withNull(statement, others, tokens)) === message;
  }) ??
    places.find((place) =>
      failure(db, withNull(statement, [place], tokens)) !== message
    ) ?? places[0];
  return culprit && qualifierStart(tokens, culprit);
}

/** `table.column` is pointed at where it begins. */
function qualifierStart(tokens: Token[], token: Token): number {
  const index = tokens.indexOf(token);
  return tokens[index - 1]?.text === "." && tokens[index - 2]
    ? tokens[index - 2].start
    : token.start;
}

function withNull(
  statement: string,
  places: Token[],
  tokens: Token[],
): string {
  let text = statement;
  for (const place of places.toReversed()) {
    const start = qualifierStart(tokens, place);
    text = text.slice(0, start) + "null" + text.slice(place.end);
  }
  return text;
}

function failure(db: Preparer, text: string): string | undefined {
  try {
    db.prepare(text);
  } catch (error) {
    return (error as Error).message;
  }
}
