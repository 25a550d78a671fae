/** What an error of a PostgreSQL server means for a run, without values of rows. */
import { SilenceError } from "./answer_within.ts";
import type { PostgresError } from "./postgres_connection.ts";
import { BusyError, StatementError } from "./warehouse.ts";

/** Whether the session is gone, or as good as gone. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  return error instanceof SilenceError ||
    /^(CONNECTION|ECONN|EPIPE|57P)/.test(code ?? "");
}

/** The error as a run has to tell it; `label` is the warehouse's. */
export function translated(
  error: unknown,
  { label, is_lost }: { label: string; is_lost: boolean },
): unknown {
  if (error instanceof StatementError || !(error instanceof Error)) {
    return error;
  }
  const { code, position, routine } = error as PostgresError;
  if (is_lost) {
    return new Error(
      `Cannot go on with ${label}: the connection was lost: ${error.message}`,
      { cause: error },
    );
  }
  if (!routine) return error;
  if (code === "55P03") {
    return new BusyError(
      `Cannot go on with ${label}: expected a lock within 5 s, found another session holding it: ${error.message}`,
      { cause: error },
    );
  }
  // Only the message: `detail` and `where` hold values of rows.
  return Object.assign(
    new StatementError(error.message, {
      offset: position ? Number(position) - 1 : undefined,
    }),
    { code },
  );
}
