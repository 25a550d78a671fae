/** The SQLite warehouse: a file, and a thread that works on it. */
import type { Lines } from "../bytes/lines.ts";
import { lockFile } from "./lock_file.ts";
import { migrate } from "./migrate.ts";
import { storageProblem } from "./sqlite_error.ts";
import {
  allRows,
  BusyError,
  type LineCount,
  type Relation,
  type Row,
  type Scratch,
  StatementError,
  type Value,
  type Warehouse,
} from "./warehouse.ts";

/** Where the file is, and what may be done with it. */
export interface SqliteOptions {
  path: string;
  readonly?: boolean;
  /** The file whose lock keeps two migrations apart. */
  migration_lock: string;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string; code?: string; offset?: number };
}

/** Opens a SQLite file as a warehouse; the file is made when it is missing. */
export async function openSqlite(options: SqliteOptions): Promise<Warehouse> {
  const warehouse = new SqliteWarehouse(options);
  await warehouse.open();
  return warehouse;
}

class SqliteWarehouse implements Warehouse {
  readonly dialect = "sqlite";
  readonly keeps_staging = false;
  readonly label: string;
  #worker = new Worker(import.meta.resolve("./sqlite_worker.ts"), {
    type: "module",
  });
  #waiting = new Map<number, (answer: Answer) => void>();
  #next_id = 0;
  #reading = false;
  #closed = false;
  #lock_file: Deno.FsFile | undefined;

  constructor(readonly options: SqliteOptions) {
    this.label = `SQLite ${options.path}`;
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      this.#waiting.get(data.id)?.(data);
      this.#waiting.delete(data.id);
    };
  }

  async open() {
    const { path, readonly } = this.options;
    try {
      if (readonly) await Deno.stat(path);
      await this.#ask("open", [{ path, readonly: readonly ?? false }]);
    } catch (error) {
      this.#worker.terminate();
      throw new Error(
        `Cannot open "${path}": expected a SQLite file that can be ${
          readonly ? "read" : "written"
        }, found: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  async lock(job: string): Promise<void> {
    const path = `${this.options.path}.${job}.lock`;
    const file = await lockFile(path, 900);
    if (!file) {
      const holder = await Deno.readTextFile(path);
      throw new BusyError(
        `Cannot run "${job}": expected no other run of it, found one ${holder.trim()}`,
      );
    }
    await file.truncate();
    await file.write(
      new TextEncoder().encode(
        `since ${
          new Date().toISOString()
        } on ${Deno.hostname()}, process ${Deno.pid}\n`,
      ),
    );
    // Closing the file frees the lock; so does the kernel when the process is killed.
    this.#lock_file = file;
  }

  async begin(mode: "write" | "read" = "write"): Promise<void> {
    try {
      await this.#ask("begin", [mode]);
    } catch (error) {
      if (
        !String((error as { code?: string }).code).startsWith("SQLITE_BUSY")
      ) {
        throw error;
      }
      throw new BusyError(
        `Cannot write to "${this.options.path}": expected it free within 30 s, found another writer in it`,
        { cause: error },
      );
    }
    this.#reading = mode === "read";
  }

  async commit(): Promise<void> {
    await this.execute("commit");
  }

  async rollback(): Promise<void> {
    await this.#ask("rollback", []);
  }

  execute(statement: string, values: Value[] = []): Promise<number> {
    return this.#ask("execute", [statement, values]) as Promise<number>;
  }

  async *rows(query: string, values: Value[] = []): AsyncGenerator<Row> {
    await this.#ask("openRows", [query, values, this.#reading]);
    try {
      while (true) {
        const { batch, done } = await this.#ask("nextRows", []) as {
          batch: Row[];
          done: boolean;
        };
        yield* batch;
        if (done) return;
      }
    } finally {
      await this.#ask("closeRows", []);
    }
  }

  async load(
    { table, batch }: { table: string; batch: string },
    lines: AsyncIterable<Lines>,
  ): Promise<LineCount> {
    const count: LineCount = { lines: 0, staged: 0, blank: 0 };
    // One block is read and cut while the thread inserts the one before.
    let inserting: Promise<unknown> | undefined;
    for await (const block of lines) {
      const spans: (number | null)[] = new Array(block.count);
      for (let i = 0; i < block.count; i++) {
        const end = block.ends[i];
        if (end === -1) count.blank++;
        spans[i] = end === -1
          ? null
          : end === -2
          ? -1
          : block.starts[i] * 134217728 + end - block.starts[i];
      }
      count.lines += block.count;
      count.staged += await inserting as number ?? 0;
      // The buffer goes over as it is; the thread frees it when its lines are in.
      inserting = this.#ask("load", [{
        table,
        batch,
        first: block.first,
        bytes: block.bytes,
        spans: `[${spans.map((span) => span ?? "null").join()}]`,
      }], [block.bytes.buffer]);
      // A failure is thrown where it is awaited, not before.
      inserting.catch(() => {});
    }
    count.staged += await inserting as number ?? 0;
    return count;
  }

  async empty(table: string): Promise<void> {
    await this.execute(`delete from ${table}`);
  }

  async relations(): Promise<Relation[]> {
    return await allRows(
      this,
      `select name, type as kind from main.sqlite_schema
       where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'`,
    ) as unknown as Relation[];
  }

  async scratch(name: string): Promise<Scratch> {
    const path = `${this.options.path}.${name}`;
    await removeDatabase(path);
    const warehouse = await openSqlite({ ...this.options, path });
    return {
      warehouse,
      attach: async () => {
        await this.execute(`attach $1 as ${name}`, [path]);
      },
      qualified: (table) => `${name}.${table}`,
      drop: async () => {
        await warehouse.close();
        await this.execute(`detach ${name}`).catch(() => {});
        await removeDatabase(path);
      },
    };
  }

  migrate(folders: string[]): Promise<string[]> {
    return migrate({
      dialect: "sqlite",
      url: this.options.path,
      folders,
      lock_path: this.options.migration_lock,
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#ask("close", []);
    this.#worker.terminate();
    this.#lock_file?.close();
  }

  async #ask(
    method: string,
    values: unknown[],
    given_away: Transferable[] = [],
  ): Promise<unknown> {
    const id = this.#next_id++;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, method, arguments: values }, given_away);
    });
    if (!answer.error) return answer.result;
    const { message, code, offset } = answer.error;
    const problem = method === "open" ? undefined : storageProblem(code);
    const error = problem
      ? new Error(
        `Cannot write to "${this.options.path}": ${problem}: ${message}`,
        { cause: answer.error },
      )
      : new StatementError(message, { offset, cause: answer.error });
    throw Object.assign(error, { code });
  }
}

async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) {
    await Deno.remove(path + suffix).catch(() => {});
  }
}
