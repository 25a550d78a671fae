/** The thread that holds the SQLite connection; a long statement never blocks signals. */
import Database from "better-sqlite3";
import { locateError } from "./sqlite_error.ts";

/** One request of the main thread; `method` names a function of `methods`. */
interface Request {
  id: number;
  method: keyof typeof methods;
  arguments: never[];
}

// deno-lint-ignore no-explicit-any
let db: any;
let rows: Iterator<Record<string, unknown>> | undefined;
// deno-lint-ignore no-explicit-any
const loads = new Map<string, any>();

const ROWS_PER_MESSAGE = 500;

const methods = {
  open({ path, readonly }: { path: string; readonly: boolean }) {
    db = new Database(path, { readonly, timeout: 0 });
    db.pragma("busy_timeout = 0");
    if (!readonly) {
      // A new file becomes WAL once; asking again costs a read of its header.
      retryBusy(() => db.pragma("journal_mode = wal"));
    }
    db.pragma("synchronous = normal");
    db.pragma("cache_size = -8000");
    db.pragma("temp_store = file");
    // Working tables are written and read in order: a large cache gains nothing.
    db.pragma("temp.cache_size = -2000");
    db.pragma("foreign_keys = on");
    return db.prepare("select sqlite_version() as version").get().version;
  },

  /** Waits for other writers up to the deadline, as `begin immediate` must. */
  begin(mode: "write" | "read") {
    if (mode === "read") return void db.exec("begin");
    retryBusy(() => db.exec("begin immediate"));
  },

  execute(statement: string, values: unknown[]): number {
    const before = changes();
    const prepared = prepare(statement);
    if (prepared.reader) prepared.all(bound(values));
    else prepared.run(bound(values));
    return changes() - before || madeRows(statement);
  },

  openRows(query: string, values: unknown[], reading: boolean) {
    const prepared = prepare(query);
    if (!prepared.reader) {
      throw new TypeError("expected a select, found a statement without rows");
    }
    if (reading && !prepared.readonly) {
      throw new TypeError("expected a select, found a statement that writes");
    }
    prepared.safeIntegers(true);
    rows = prepared.iterate(bound(values)) as Iterator<Record<string, unknown>>;
    return prepared.columns().map((column: { name: string }) => column.name);
  },

  nextRows() {
    const batch: Record<string, unknown>[] = [];
    while (rows && batch.length < ROWS_PER_MESSAGE) {
      const next = rows.next();
      if (next.done) {
        rows = undefined;
        break;
      }
      for (const name in next.value) {
        const value = next.value[name];
        if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) {
          next.value[name] = Number(value);
        }
      }
      batch.push(next.value);
    }
    return { batch, done: rows === undefined };
  },

  closeRows() {
    rows?.return?.();
    rows = undefined;
  },

  /** A full disk has rolled back by itself. */
  rollback() {
    methods.closeRows();
    if (db.inTransaction) db.exec("rollback");
  },

  /** One insert for a whole block of lines: SQLite cuts them out of the buffer itself. */
  load(block: {
    table: string;
    batch: string;
    first: number;
    bytes: Uint8Array<ArrayBuffer>;
    spans: string;
  }): number {
    // It hides the kept table of its name: no line is written to the log, to the
    // file and once more when it is deleted. What a crash takes is in the store.
    db.exec(
      `create temp table if not exists ${block.table} as
       select * from main.${block.table} where false`,
    );
    let insert = loads.get(block.table);
    if (!insert) {
      insert = db.prepare(
        `insert into ${block.table} (batch, line_number, body)
         select $batch, $first + key,
           case when value >= 0
             then cast(substr($bytes, (value >> 27) + 1, value & 134217727) as text)
           end
         from json_each($spans)
         where value is not null`,
      );
      loads.set(block.table, insert);
    }
    try {
      return insert.run(block).changes;
    } finally {
      // Now, not at some garbage collection: memory stays flat.
      block.bytes.buffer.transfer(0);
    }
  },

  close() {
    db?.close();
  },
};

function prepare(statement: string) {
  try {
    return db.prepare(statement);
  } catch (error) {
    throw Object.assign(error as Error, {
      offset: locateError(db, statement, (error as Error).message),
    });
  }
}

/** Values by position, as the named parameters `$1`, `$2`, … */
function bound(values: unknown[]) {
  return Object.fromEntries(
    values.map((value, index) => [
      String(index + 1),
      typeof value === "boolean" ? Number(value) : value,
    ]),
  );
}

function changes(): number {
  return Number(db.prepare("select total_changes() as n").get().n);
}

/** `create table … as` is not counted by SQLite, but its rows are numbered from 1. */
function madeRows(statement: string): number {
  const name = statement.match(
    /^(?:\s|--[^\n]*\n)*create\s+temp\s+table\s+("?)(\w+)\1\s+as\b/i,
  )?.[2];
  if (!name) return 0;
  return db.prepare(`select max(rowid) as n from temp.${name}`).get().n ?? 0;
}

/** 30 s for other writers: SQLite's own wait cannot be used, it does not retry all. */
function retryBusy(action: () => void) {
  const deadline = Date.now() + 30_000;
  while (true) {
    try {
      return action();
    } catch (error) {
      const busy = String((error as { code?: string }).code).startsWith(
        "SQLITE_BUSY",
      );
      if (!busy || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

/** The thread's own end of the line; Deno types `self` as a window. */
const main_thread = self as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage: (answer: unknown) => void;
};

main_thread.onmessage = ({ data }) => {
  try {
    const method = methods[data.method] as (...values: never[]) => unknown;
    main_thread.postMessage({ id: data.id, result: method(...data.arguments) });
  } catch (error) {
    const { message, code, offset } = error as Error & {
      code?: string;
      offset?: number;
    };
    main_thread.postMessage({ id: data.id, error: { message, code, offset } });
  }
};
