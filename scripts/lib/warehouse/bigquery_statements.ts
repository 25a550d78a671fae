/** Runs statements in BigQuery, in a session or outside of all. */
import { problemOf, statementError } from "./bigquery_error.ts";
import type { BigqueryJobs, JobState } from "./bigquery_jobs.ts";
import { bindValues, type Bound, readRows } from "./bigquery_values.ts";
import { splitStatements } from "./sql_tokens.ts";
import { type Row, StatementError, type Value } from "./warehouse.ts";

/** A statement, its values, and the session it belongs to if it does. */
export interface Statement {
  text: string;
  values?: Value[];
  session?: string;
}

const CREATED =
  /^\s*create\s+(?:or\s+replace\s+)?(?:temp\s+|temporary\s+)?table\s+(?:if\s+not\s+exists\s+)?([\w.`]+)/i;

/** Runs statements and reads what they select. */
export class BigqueryStatements {
  constructor(readonly jobs: BigqueryJobs) {}

  /** Runs a statement that nobody counts the rows of. */
  async run(statement: Statement): Promise<void> {
    await this.#run(statement);
  }

  /** Runs a statement and says how many rows it made or changed. */
  async execute(statement: Statement): Promise<number> {
    const job = await this.#run(statement);
    const { statementType, numDmlAffectedRows } = job.statistics?.query ?? {};
    if (statementType !== "CREATE_TABLE_AS_SELECT") {
      return Number(numDmlAffectedRows ?? 0);
    }
    // The service tells this of no such job; to count them reads nothing.
    const text = statement.text.replace(/--[^\n]*/g, " ");
    return await this.count({
      text: `select count(*) as n from ${text.match(CREATED)?.[1]}`,
      session: statement.session,
    });
  }

  /** Streams the rows of a select. */
  async *rows(statement: Statement): AsyncGenerator<Row> {
    const job = await this.#run(statement);
    for await (const { fields, rows } of this.jobs.pages(job)) {
      yield* readRows(fields, rows);
    }
  }

  /** The rows of a select that is known to be small. */
  async all(statement: Statement): Promise<Row[]> {
    return await Array.fromAsync(this.rows(statement));
  }

  /** The one number `n` that a select gives. */
  async count(statement: Statement): Promise<number> {
    const [{ n }] = await this.all(statement);
    return Number(n);
  }

  /** Makes a session. */
  async openSession(): Promise<string> {
    const job = await this.#run({ text: "select 1" }, { createSession: true });
    return job.statistics!.sessionInfo!.sessionId;
  }

  /** Ends a session with its transaction and its temp tables. */
  async abortSession(session: string): Promise<void> {
    const name = session.replace(/[^\w=+/.-]/g, "");
    try {
      await this.#run({ text: `call bq.abort_session('${name}')` });
    } catch (error) {
      // It has ended before.
      if (!(error instanceof StatementError)) throw error;
    }
  }

  /** There is no transaction that only reads: a statement is looked at before it runs. */
  async refuseWrite({ text, values = [] }: Statement): Promise<void> {
    const { length } = splitStatements(text);
    if (length !== 1) {
      throw new StatementError(`expected one select, found ${length}`, {});
    }
    const bound = bindValues(text, values);
    const job = await this.#checked(
      bound,
      this.jobs.tryOut(queryOf(bound)),
    );
    const type = job.statistics?.query?.statementType ?? "something else";
    if (type === "SELECT") return;
    throw new StatementError(`expected a select, found ${type}`, {});
  }

  async #run(
    { text, values = [], session }: Statement,
    more: Record<string, unknown> = {},
  ): Promise<JobState> {
    const bound = bindValues(text, values);
    const query = {
      ...queryOf(bound),
      ...(session
        ? { connectionProperties: [{ key: "session_id", value: session }] }
        : {}),
      ...more,
    };
    return await this.#checked(bound, this.jobs.query(query));
  }

  async #checked(bound: Bound, running: Promise<JobState>): Promise<JobState> {
    let job: JobState;
    try {
      job = await running;
    } catch (error) {
      const problem = problemOf(error);
      throw problem ? statementError(problem, bound) : error;
    }
    const { errorResult } = job.status;
    if (errorResult) throw statementError(errorResult, bound);
    return job;
  }
}

function queryOf({ text, parameters }: Bound): Record<string, unknown> {
  if (!parameters.length) return { query: text };
  return {
    query: text,
    parameterMode: "POSITIONAL",
    queryParameters: parameters,
  };
}
