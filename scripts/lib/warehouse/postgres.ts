/** The PostgreSQL warehouse: one connection for a whole run. */
import type { Writable } from "node:stream";
import { COPY_HEAD, COPY_TAIL, copyRows } from "./copy_rows.ts";
import { migrate } from "./migrate.ts";
import {
  connectPostgres,
  type PostgresError,
  readPostgresUrl,
  type ReservedSql,
  type Sql,
  texts,
} from "./postgres_connection.ts";
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

  constructor(readonly options: PostgresOptions) {
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
    try {
      // The first query opens the connection; only then can it be reserved.
      await this.#pool`select 1`;
      this.#sql = await this.#pool.reserve();
    } catch (error) {
      await this.#pool.end({ timeout: 0 });
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
    await this.#query("select set_config('application_name', $1, false)", [
      name,
    ]);
  }

  async begin(mode: "write" | "read" = "write"): Promise<void> {
    await this.#query(mode === "read" ? "begin read only" : "begin");
    // The connection could be another one than that which took the lock.
    if (
      mode === "write" && this.#job &&
      !await this.#tryLock("pg_try_advisory_xact_lock")
    ) {
      throw await this.#busy(this.#job);
    }
  }

  async commit(): Promise<void> {
    await this.#query("commit");
  }

  async rollback(): Promise<void> {
    await this.#query("rollback");
  }

  async execute(statement: string, values: Value[] = []): Promise<number> {
    return (await this.#query(statement, values)).count ?? 0;
  }

  async *rows(query: string, values: Value[] = []): AsyncGenerator<Row> {
    this.#check();
    // These answer without a count, and then the driver's cursor loses the rows.
    if (/^\s*(explain|show)\b/i.test(query)) {
      return yield* await this.#query(query, values) as unknown as Row[];
    }
    const pages = this.#sql.unsafe(query, texts(values)).cursor(FETCH_ROWS);
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
    const [{ locked }] = await this.#query(
      `select ${lock}(hashtextextended($1, 0)) as locked`,
      [`sluice ${this.schema} ${this.#job}`],
    );
    return locked as boolean;
  }

  async #busy(job: string): Promise<BusyError> {
    const [holder] = await this.#query(
      `select activity.application_name as name, activity.client_addr as address
       from pg_locks as locks
       join pg_stat_activity as activity on activity.pid = locks.pid
       where locks.locktype = 'advisory'
         and locks.granted
         and locks.objsubid = 1
         and (locks.classid::bigint << 32 | locks.objid::bigint)
           = hashtextextended($1, 0)
       limit 1`,
      [`sluice ${this.schema} ${job}`],
    );
    const [, since, process] = String(holder?.name ?? "").split(" ");
    return new BusyError(
      `Cannot run "${job}": expected no other run of it, found one since ${
        since ?? "a moment ago"
      }, process ${process ?? "unknown"}`,
    );
  }

  async #query(statement: string, values: Value[] = []) {
    this.#check();
    try {
      return await this.#sql.unsafe(statement, texts(values));
    } catch (error) {
      throw this.#translated(error);
    }
  }

  /** A new connection would carry on outside the transaction: never use one. */
  #check() {
    if (this.#lost) throw this.#translated(this.#lost);
  }

  #translated(error: unknown): unknown {
    if (error instanceof StatementError || !(error instanceof Error)) {
      return error;
    }
    const { code, position, routine } = error as PostgresError;
    if (this.#lost || /^(CONNECTION|ECONN|EPIPE|57P)/.test(code ?? "")) {
      this.#lost ??= error;
      return new Error(
        `Cannot go on with ${this.label}: the connection was lost: ${error.message}`,
        { cause: error },
      );
    }
    if (!routine) return error;
    if (code === "55P03") {
      return new BusyError(
        `Cannot go on with ${this.label}: expected a lock within 5 s, found another session holding it: ${error.message}`,
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
}
