// deno-lint-ignore-file no-explicit-any
/** The emulator's error messages, worded as the service words them. */
import { tokenize } from "../../scripts/lib/warehouse/sql_tokens.ts";

/** What an emulator says, as a pattern, and what the service says in its place. */
const WORDINGS: {
  pattern: RegExp;
  /** Without a name there is no place in the statement to point at. */
  say: (name: string) => string;
  is_placed: boolean;
}[] = [
  {
    pattern: /Referenced column "([^"]+)" not found/,
    say: (name) => `Unrecognized name: ${name}`,
    is_placed: true,
  },
  {
    pattern: /^Not found: Table ([\w.-]+) was not found/,
    say: (name) => `Not found: Table ${name} was not found in location US`,
    is_placed: true,
  },
  {
    pattern: /^Function not found: (\w+)/,
    say: (name) => `Function not found: ${name}`,
    is_placed: true,
  },
  {
    pattern: /Could not convert string '([^']*)' to INT/,
    say: (name) => `Bad int64 value: ${name}`,
    is_placed: false,
  },
  {
    pattern: /TransactionContext Error: (?:Conflict|Catalog write-write)/,
    say: () => "Transaction is aborted due to concurrent update",
    is_placed: false,
  },
];

/** The message for a statement, with the place in it where the service gives one. */
export function serviceMessage(message: string, statement: string): string {
  for (const { pattern, say, is_placed } of WORDINGS) {
    const match = message.match(pattern);
    if (!match) continue;
    const name = match[1] ?? "";
    return say(name) + (is_placed ? placeOf(name, statement) : "");
  }
  return message;
}

function placeOf(name: string, statement: string): string {
  const wanted = name.split(".").at(-1)!.toLowerCase();
  const token = tokenize(statement).find(({ kind, text }) =>
    kind === "word" && text.replaceAll("`", "").toLowerCase() === wanted
  );
  if (!token) return "";
  const before = statement.slice(0, token.start).split("\n");
  return ` at [${before.length}:${before.at(-1)!.length + 1}]`;
}

/** A body of the service, of which a test needs little. */
export type Body = any;

/** A body as it is sent. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A job that is not done, as it is told of. */
export function running({ jobReference, statistics }: Body): Body {
  return { jobReference, statistics, status: { state: "RUNNING" } };
}

/** What is answered to a job id that is used up. */
export function duplicate(id: string): Response {
  return refusal(409, "duplicate", `Already Exists: Job ${id}`);
}

/** How the service refuses. */
export function refusal(
  status: number,
  reason: string,
  message: string,
): Response {
  const error = { code: status, message, errors: [{ reason, message }] };
  return Response.json({ error }, { status });
}

/** What is said to a statement that no transaction may hold. */
export function notInTransaction(statement: string) {
  const message = `${statement} is not supported in a transaction`;
  return { reason: "invalidQuery", message };
}

/** What is said to a query that would read more than it may; else undefined. */
export function overLimit({ maximumBytesBilled: most }: Body, bytes: number) {
  if (most === undefined || bytes <= Number(most)) return undefined;
  const message =
    `Query exceeded limit for bytes billed: ${most}. ${bytes} or higher required.`;
  return { reason: "bytesBilledLimitExceeded", message };
}
