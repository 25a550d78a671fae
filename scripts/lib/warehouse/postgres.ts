/** The PostgreSQL warehouse: one connection for a whole run. */
import type { Writable } from "node:stream";
import {
  ANSWER_DEADLINES,
  type AnswerDeadlines,
  answerWithin,
  eachWithin,
} from "./answer_within.ts";
import { COPY_HEAD, COPY_TAIL, copyRows } from "./copy_rows.ts";
import { migrate } from "./migrate.ts";
import {
  connectPostgres,
  LOCK_HOLDER,
  readPostgresUrl,
  type ReservedSql,
  type Sql,
  texts,
} from "./postgres_connection.ts";
import { isLost, translated } from "./postgres_error.ts";
import {
  allRows,
  BusyError,
  type LineCount,
  type Relation,
  type Row,
  type Scratch,
  type StagingLines,
  StatementError,
  type Value,
  type Warehouse,
} from "./warehouse.ts";

/** Where the server is; `?schema=` names the environment. */
export interface PostgresOptions {
  url: string;
  /** The file whose lock keeps two migrations apart. */
  migration_lock: string;
  /** Tests may give narrower ones. */
  deadlines?: Partial<AnswerDeadlines>;
}

const FETCH_ROWS = 500;

/** Connects to a PostgreSQL database as a warehouse. */
export async function openPostgres(
  options: PostgresOptions,
): Promise<Warehouse> {
  const warehouse = new PostgresWarehouse(options);
  await warehouse.open();
  return warehouse;
}

class PostgresWarehouse implements Warehouse {
  readonly dialect = "postgres";
  readonly keeps_staging = true;
  readonly loads_many = true;
  readonly label: string;
  readonly schema: string;
  #pool: Sql;
  #sql!: ReservedSql;
  #job: string | undefined;
  #lost: unknown;
  #closing = false;
  readonly #deadlines: AnswerDeadlines;

  constructor(readonly options: PostgresOptions) {
    this.#deadlines = { ...ANSWER_DEADLINES, ...options.deadlines };
    const url = readPostgresUrl(options.url);
    this.schema = url.searchParams.get("schema") ?? "public";
    url.searchParams.delete("schema");
    this.label =
      `PostgreSQL ${url.hostname}:${url.port || 5432}${url.pathname}` +
      (this.schema === "public" ? "" : ` schema ${this.schema}`);
    this.#pool = connectPostgres(url, this.schema, (lost) => {
      if (!this.#closing) this.#lost = lost;
    });
  }

  async open(): Promise<void> {
    // The first query opens the connection; only then can it be reserved.
    const opened = this.#pool`select 1`.then(() => this.#pool.reserve());
    try {
      this.#sql = await answerWithin(this.#deadlines.connect_ms, opened);
    } catch (error) {
      // Nothing may wait long for what has been given up.
      await answerWithin(1000, this.#pool.end({ timeout: 0 })).catch(() => {});
      throw new Error(
        `Cannot connect to ${this.label}: ${
          (error as Error).message || (error as { code?: string }).code
        }: look at POSTGRES_URL, or start the embedded server with "deno task postgres"`,
        { cause: error },
      );
    }
  }

  async lock(job: string): Promise<void> {
    this.#job = job;
    const since = new Date().toISOString().slice(0, 19) + "Z";
    // At most 63 bytes reach pg_stat_activity.
    const name = `${job} ${since} ${Deno.pid}@${Deno.hostname()}`.slice(0, 63);
    const deadline = Date.now() + 900;
    while (!await this.#tryLock("pg_try_advisory_lock")) {
      if (Date.now() > deadline) throw await this.#busy(job);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.#quick("select set_config('application_name', $1, false)", [
      name,
    ]);
  }

  async begin(mode: "write" | "read" = "write"): Promise<void> {
    await this.#quick(mode === "read" ? "begin read only" : "begin");
    // The connection could be another one than that which took the lock.
    if (
      mode === "write" && this.#job &&
      !await this.#tryLock("pg_try_advisory_xact_lock")
    ) {
      throw await this.#busy(this.#job);
    }
  }

  async commit(): Promise<void> {
    await this.#quick("commit");
  }

  async rollback(): Promise<void> {
    await this.#quick("rollback");
  }

  async execute(statement: string, values: Value[] = []): Promise<number> {
    // Values come from the engine; a SQL file has none, and may take its time.
    const { count } = values.length
      ? await this.#quick(statement, values)
      : await this.#query(statement);
    return count ?? 0;
  }

  async *rows(query: string, values: Value[] = []): AsyncGenerator<Row> {
    this.#check();
    // These answer without a count, and then the driver's cursor loses the rows.
    if (/^\s*(explain|show)\b/i.test(query)) {
      return yield* await this.#query(query, values) as unknown as Row[];
    }
    const { quick_ms, statement_ms } = this.#deadlines;
    const pages = eachWithin(
      values.length ? quick_ms : statement_ms,
      this.#sql.unsafe(query, texts(values)).cursor(FETCH_ROWS),
    );
    try {
      for await (const page of pages) yield* page as Row[];
    } catch (error) {
      throw this.#translated(error);
    }
  }

  async load(
    { table, batch }: { table: string; batch: string },
    lines: AsyncIterable<StagingLines>,
  ): Promise<LineCount> {
    this.#check();
    const count: LineCount = { lines: 0, staged: 0, blank: 0 };
    const copy = this.#sql.unsafe(
      `copy ${table} (batch, line_number, body) from stdin (format binary)`,
    );
    const stream = await copy.writable() as Writable;
    // The driver has resolved this query with its stream; what the server still
    // answers goes to these two, which nobody awaits any more.
    const answer = new Promise<{ count: number }>((resolve, reject) => {
      Object.assign(copy, { resolve, reject });
      stream.on("error", reject);
    });
    answer.catch(() => {});
    // One block is read and cut while the server takes in the one before.
    const send = (bytes: Uint8Array) =>
      new Promise<unknown>((sent) => stream.write(bytes, sent));
    try {
      let sending = send(COPY_HEAD);
      for await (const block of lines) {
        const rows = copyRows(block.batch ?? batch, block);
        count.lines += block.count;
        count.blank += rows.blank;
        count.staged += rows.staged;
        await Promise.race([sending, answer]);
        sending = send(rows.bytes);
      }
      stream.end(COPY_TAIL);
      const { count: found } = await answer;
      if (found !== count.staged) {
        throw new RangeError(
          `Cannot load ${batch} into ${table}: expected ${count.staged} rows, found ${found}`,
        );
      }
    } catch (error) {
      // CopyFail: the server forgets what it got, and answers with an error.
      stream.destroy(error as Error);
      await answer.catch(() => {});
      throw this.#translated(error);
    }
    return count;
  }

  async empty(table: string): Promise<void> {
    await this.#query(`truncate ${table}`);
  }

  async relations(): Promise<Relation[]> {
    return await allRows(
      this,
      `select relname as name, case relkind when 'v' then 'view' else 'table' end as kind
       from pg_class
       where relnamespace = (select oid from pg_namespace where nspname = $1)
         and relkind in ('r', 'p', 'v')`,
      [this.schema],
    ) as unknown as Relation[];
  }

  async scratch(name: string): Promise<Scratch> {
    const url = new URL(this.options.url);
    const schema = this.schema === "public" ? name : `${this.schema}_${name}`;
    url.searchParams.set("schema", schema);
    await this.#query(`drop schema if exists ${schema} cascade`);
    await this.#query(`create schema ${schema}`);
    const warehouse = await openPostgres({ ...this.options, url: url.href });
    return {
      warehouse,
      attach: () => Promise.resolve(),
      qualified: (table) => `${schema}.${table}`,
      drop: async () => {
        await warehouse.close();
        await this.#query(`drop schema if exists ${schema} cascade`);
      },
    };
  }

  migrate(folders: string[]): Promise<string[]> {
    return migrate({
      dialect: "postgres",
      url: this.options.url,
      folders,
      lock_path: this.options.migration_lock,
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#pool.end({ timeout: 0 });
  }

  async #tryLock(lock: string): Promise<boolean> {
    const [{ locked }] = await this.#quick(
      `select ${lock}(hashtextextended($1, 0)) as locked`,
      [`sluice ${this.schema} ${this.#job}`],
    );
    return locked as boolean;
  }

  async #busy(job: string): Promise<BusyError> {
    const [holder] = await this.#quick(LOCK_HOLDER, [
      `sluice ${this.schema} ${job}`,
    ]);
    const [, since, process] = String(holder?.name ?? "").split(" ");
    return new BusyError(
      `Cannot run "${job}": expected no other run of it, found one since ${
        since ?? "a moment ago"
      }, process ${process ?? "unknown"}`,
    );
  }

  #quick(statement: string, values: Value[] = []) {
    return this.#query(statement, values, this.#deadlines.quick_ms);
  }

  async #query(
    statement: string,
    values: Value[] = [],
    ms = this.#deadlines.statement_ms,
  ) {
    this.#check();
    try {
      return await answerWithin(ms, this.#sql.unsafe(statement, texts(values)));
    } catch (error) {
      throw this.#translated(error);
    }
  }

  /** A new connection would carry on outside the transaction: never use one. */
  #check() {
    if (this.#lost) throw this.#translated(this.#lost);
  }

  #translated(error: unknown): unknown {
    if (error instanceof StatementError) return error;
    if (isLost(error)) this.#lost ??= error;
    const is_lost = this.#lost !== undefined;
    return translated(error, { label: this.label, is_lost });
  }
}
