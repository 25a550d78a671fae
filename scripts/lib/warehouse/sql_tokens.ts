/** Cuts SQL text into tokens, alike for every dialect. */

/** One token; `space` covers white space and comments. */
export interface Token {
  kind: "space" | "string" | "word" | "number" | "symbol";
  text: string;
  start: number;
  end: number;
}

const PATTERNS: [Token["kind"], RegExp][] = [
  ["space", /(?:\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/y],
  ["string", /(?:[eE])'(?:[^'\\]|''|\\[\s\S])*(?:'|$)/y],
  ["string", /[xXbBnNrR]?'(?:[^']|'')*(?:'|$)/y],
  ["string", /\$(\w*)\$[\s\S]*?(?:\$\1\$|$)/y],
  ["word", /"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|[\p{L}_][\p{L}\p{N}_$]*/uy],
  ["number", /\d[\w.]*/y],
  ["symbol", /[\s\S]/uy],
];

/** The tokens of a text; their texts put together are the text. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let start = 0;
  while (start < text.length) {
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = start;
      const found = pattern.exec(text)?.[0];
      if (!found) continue;
      tokens.push({ kind, text: found, start, end: start + found.length });
      start += found.length;
      break;
    }
  }
  return tokens;
}

/** A statement and where it begins in its file. */
export interface Statement {
  text: string;
  start: number;
}

/** The statements of a text, without the semicolons between them. */
export function splitStatements(text: string): Statement[] {
  const statements: Statement[] = [];
  let start: number | undefined;
  let end = 0;
  // The body of a trigger holds semicolons of its own, up to its `end`.
  let words: string[] = [];
  for (const token of tokenize(text)) {
    if (token.kind === "space") continue;
    const is_end = token.text === ";" &&
      (!words.slice(0, 4).includes("trigger") || words.at(-1) === "end");
    if (!is_end) {
      start ??= token.start;
      end = token.end;
      words.push(token.text.toLowerCase());
      continue;
    }
    if (start !== undefined) {
      statements.push({ text: text.slice(start, end), start });
    }
    start = undefined;
    words = [];
  }
  if (start !== undefined) {
    statements.push({ text: text.slice(start, end), start });
  }
  return statements;
}
