/** What a failed job or call of BigQuery means to a run. */
import { ApiError } from "./bigquery_api.ts";
import type { JobProblem } from "./bigquery_jobs.ts";
import type { Bound } from "./bigquery_values.ts";
import { BusyError, StatementError } from "./warehouse.ts";

const CONFLICT = /concurrent (update|transaction)|could not serialize access/i;

/** The error of a statement, with its place where the service gives one. */
export function statementError(
  { reason, message = "no reason given" }: JobProblem,
  { text, original }: Bound,
): Error {
  if (CONFLICT.test(message)) {
    return new BusyError(
      `Cannot go on: expected no other writer, found one: ${message}`,
    );
  }
  const place = placeOf(message, text);
  return new StatementError(
    place.offset === undefined && reason === "invalidQuery"
      ? withoutValues(place.message)
      : place.message,
    {
      offset: place.offset === undefined ? undefined : original(place.offset),
    },
  );
}

/** A call that was refused because of the statement in it; else undefined. */
export function problemOf(error: unknown): JobProblem | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const { status, reason, message } = error;
  return status !== undefined && [400, 403, 404].includes(status)
    ? { reason, message }
    : undefined;
}

/** An error while running has no place, but may hold a value: "Bad int64 value: 7x". */
function withoutValues(message: string): string {
  return message.split(/: |['"]/)[0].trim();
}

/** The character offset of `at [2:5]`, which the service puts at the end of a message. */
export function placeOf(
  message: string,
  text: string,
): { message: string; offset: number | undefined } {
  const match = message.match(/^([\s\S]*?)\s+at \[(\d+):(\d+)\]\s*$/);
  if (!match) return { message, offset: undefined };
  const lines = text.split("\n");
  const before = lines.slice(0, Number(match[2]) - 1)
    .reduce((sum, line) => sum + line.length + 1, 0);
  return {
    message: match[1],
    offset: Math.min(before + Number(match[3]) - 1, text.length),
  };
}
