/** What every warehouse can do: the whole contract between a run and a database. */
import type { Lines } from "../bytes/lines.ts";

/** The dialects that a SQL folder can be written in. */
export type Dialect = "sqlite" | "postgres" | "bigquery";

/** A value that a database gives or takes. */
export type Value = string | number | bigint | boolean | null;

/** One row, by column name. */
export type Row = Record<string, unknown>;

/** What a load counted: physical lines, those staged, and those left out as blank. */
export interface LineCount {
  lines: number;
  staged: number;
  blank: number;
}

/** Lines on their way to a staging table; of the load's own batch unless they say so. */
export type StagingLines = Lines & { batch?: string };

/** A table or view of this environment. */
export interface Relation {
  name: string;
  kind: "table" | "view";
}

/** A database that a SQL folder runs against; one connection, one run. */
export interface Warehouse {
  readonly dialect: Dialect;
  /** For people: which database this is, without secrets. */
  readonly label: string;
  /** Whether what is staged is there for the next run, too, or is loaded again by it. */
  readonly keeps_staging: boolean;
  /**
   * Loads and permanent DDL take effect at once, outside the transaction: loaded
   * rows count only with the ledger's row, and views are made before `begin`.
   */
  readonly applies_at_once?: boolean;
  /** What the service has read for this connection, where it is paid by that. */
  readonly bytes_processed?: number;
  /** Whether one load may hold the lines of several batches. */
  readonly loads_many?: boolean;
  /** Takes the lock of one job until `close`, or throws a `BusyError`. */
  lock(job: string): Promise<void>;
  begin(mode?: "write" | "read"): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Runs one statement and says how many rows it made or changed. */
  execute(statement: string, values?: Value[]): Promise<number>;
  /** Streams the rows of one select. */
  rows(query: string, values?: Value[]): AsyncGenerator<Row>;
  /** Appends lines to a staging table, inside the open transaction. */
  load(
    target: { table: string; batch: string },
    lines: AsyncIterable<StagingLines>,
  ): Promise<LineCount>;
  /** Empties a staging table, inside the open transaction. */
  empty(table: string): Promise<void>;
  /** Tables and views of this environment. */
  relations(): Promise<Relation[]>;
  /** A second, empty environment beside this one, for `rebuild`. */
  scratch(name: string): Promise<Scratch>;
  /** Applies the migrations in these folders; the applied file names. */
  migrate(folders: string[]): Promise<string[]>;
  close(): Promise<void>;
}

/** A scratch environment: its own warehouse, and how live SQL names its tables. */
export interface Scratch {
  warehouse: Warehouse;
  /** Makes the scratch tables readable from the live connection. */
  attach(): Promise<void>;
  /** The name of a scratch table, as the live connection writes it. */
  qualified(table: string): string;
  drop(): Promise<void>;
}

/** A statement that the database refused. */
export class StatementError extends Error {
  /** Character offset into the statement, where the engine gives one. */
  readonly offset?: number;

  constructor(message: string, options: { offset?: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "StatementError";
    this.offset = options.offset;
  }
}

/** Another run holds what this one needs. */
export class BusyError extends Error {
  readonly exit_code = 75;
  override name = "BusyError";
}

/** Collects the rows of a select that is known to be small. */
export async function allRows(
  warehouse: Warehouse,
  query: string,
  values: Value[] = [],
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of warehouse.rows(query, values)) rows.push(row);
  return rows;
}
