/** Runs the SQL files of a job in order, inside the open transaction. */
import { type Row, StatementError } from "../warehouse/warehouse.ts";
import { bytesNote } from "./bytes_note.ts";
import type { Report } from "./context.ts";
import type { CheckResult, Ledger, Step } from "./ledger.ts";
import { placeAt, type SqlFile } from "./sql_file.ts";
import { step } from "./step.ts";
import { ViewState } from "./view_state.ts";

/** Verbs that an ordinary run leaves to others. */
const NOT_RUN = ["show", "archive", "export", "delete"];

const SAMPLE_ROWS = 20;

/** A stopping check found rows: the run rolls back and says so. */
export class StoppedError extends Error {
  readonly exit_code = 2;
  override name = "StoppedError";

  readonly check: CheckResult;
  /** Every batch that the found rows name; undefined when one names none. */
  readonly batches: Set<string> | undefined;
  readonly steps: Step[];

  constructor(
    readonly file: SqlFile,
    found: Pick<StoppedError, "check" | "batches" | "steps">,
  ) {
    const { check } = found;
    const [first] = JSON.parse(check.sample!);
    super(
      `Check failed in ${file.path}: ${file.sentence}\n` +
        `  expected no rows, found ${check.row_count}; the first is ${
          JSON.stringify(first)
        }`,
    );
    this.check = check;
    this.batches = found.batches;
    this.steps = found.steps;
  }
}

/** A step that was taken, before it has its number. */
export type TakenStep = Omit<Step, "step_number">;

/** The files of the folder, those of the last good run, and where to tell. */
export interface FolderRun {
  ledger: Ledger;
  files: SqlFile[];
  /** File names with their digests, as they last ran well. */
  last: Map<string, string>;
  /** Stands for all migrations, so that views follow them. */
  migrations_sha256: string;
  report: Report;
  /** The files are the rest of a folder that has had so many steps already. */
  steps_before?: number;
  /** Verbs that are left to others. */
  not_run?: string[];
  /** What became of the views already, where they are not part of the transaction. */
  views_ahead?: Map<string, TakenStep>;
  /** Takes the result of a check; the ledger does in the end unless told otherwise. */
  keepCheck?: (check: CheckResult) => void | Promise<void>;
}

/** Runs every file that an ordinary run has to run; the steps it took. */
export async function runFolder(run: FolderRun): Promise<Step[]> {
  const { ledger, files, steps_before = 0, not_run = NOT_RUN, views_ahead } =
    run;
  const views = new ViewState(run);
  const steps: Step[] = [];
  let written = 0;
  const add = (taken: TakenStep) => {
    steps.push({ step_number: steps_before + steps.length, ...taken });
  };
  const checks: CheckResult[] = [];
  const keepCheck = run.keepCheck ??
    ((check: CheckResult) => void checks.push(check));
  // Some checks read what the engine counted; a row at a time costs a trip each.
  const writeSteps = async () => {
    await ledger.addSteps(steps.slice(written));
    written = steps.length;
  };
  if (!steps_before) {
    add({
      file: "migrations",
      sha256: run.migrations_sha256,
      duration_ms: 0,
      rows_affected: null,
      outcome: "unchanged",
    });
  }
  for (const file of files) {
    const ahead = views_ahead?.get(file.name);
    const runs = !ahead && !not_run.includes(file.verb) &&
      (file.verb !== "view" || await views.mustRun(file));
    if (!runs) {
      add(ahead ?? unchanged(file));
      continue;
    }
    if (file.text.includes("sluice_steps")) await writeSteps();
    add(await takeStep({ ...run, keepCheck }, { file, steps }));
  }
  await writeSteps();
  await ledger.addChecks(checks);
  return steps;
}

/** A step that leaves a file as it is. */
export function unchanged({ name, sha256 }: SqlFile): TakenStep {
  return {
    file: name,
    sha256,
    duration_ms: 0,
    rows_affected: null,
    outcome: "unchanged",
  };
}

/** Runs one file, and tells of it. */
export async function takeStep(
  run: FolderRun,
  { file, steps }: { file: SqlFile; steps: Step[] },
): Promise<TakenStep> {
  const { name, sha256, path } = file;
  const { warehouse } = run.ledger;
  const { bytes_processed: before } = warehouse;
  let taken = unchanged(file);
  await step(
    path,
    () => runWatched(run, { file, steps }),
    (rows, milliseconds) => {
      const read = before === undefined
        ? {}
        : { bytes_processed: warehouse.bytes_processed! - before };
      taken = {
        file: name,
        sha256,
        duration_ms: Math.round(milliseconds * 1000) / 1000,
        rows_affected: rows,
        outcome: "run",
        ...read,
      };
      // A check that found rows has told so itself.
      if (file.verb === "check" && rows) return;
      const line = stepLine(path, milliseconds, rows);
      run.report.line(line + bytesNote(read.bytes_processed));
    },
  );
  return taken;
}

async function runWatched(
  run: FolderRun,
  { file, steps }: { file: SqlFile; steps: Step[] },
): Promise<number> {
  const progress = run.report.progress(file.path);
  try {
    return file.verb === "check"
      ? await runCheck(run, { file, steps })
      : await runFile(run.ledger.warehouse, file);
  } finally {
    progress.end();
  }
}

/** A step on a line: `sql/rides/postgres/040_merge_rides.sql  12 ms  1,201 rows`. */
export function stepLine(
  path: string,
  milliseconds: number,
  rows?: number | null,
): string {
  const count = rows ? `  ${rows.toLocaleString("en")} rows` : "";
  return `${path}  ${Math.round(milliseconds).toLocaleString("en")} ms${count}`;
}

/** Runs the statements of one file; how many rows they made or changed. */
export async function runFile(
  warehouse: Ledger["warehouse"],
  file: SqlFile,
): Promise<number> {
  let rows = 0;
  for (const { text, start } of file.statements) {
    try {
      rows += await warehouse.execute(text);
    } catch (error) {
      throw located(error, file, start);
    }
  }
  return rows;
}

/** Reads the select of a file, row by row. */
export async function* selectRows(
  warehouse: Ledger["warehouse"],
  file: SqlFile,
): AsyncGenerator<Row> {
  const [{ text, start }] = file.statements;
  try {
    yield* warehouse.rows(text);
  } catch (error) {
    throw located(error, file, start);
  }
}

/** An error of the database, with the place in the file and a caret. */
function located(error: unknown, file: SqlFile, start: number): unknown {
  if (!(error instanceof StatementError)) return error;
  // An error while running has no place of its own: the statement's line stands for it.
  const { line, column, excerpt } = placeAt(
    file.text,
    start + (error.offset ?? 0),
  );
  const place = error.offset === undefined ? line : `${line}:${column}`;
  return new Error(
    `Cannot run ${file.path}:${place}: ${error.message}` +
      (error.offset === undefined ? "" : `\n${excerpt}`),
    { cause: error },
  );
}

async function runCheck(
  { ledger, report, keepCheck }: FolderRun,
  { file, steps }: { file: SqlFile; steps: Step[] },
): Promise<number> {
  const sample: Row[] = [];
  const batches = new Set<string>();
  let row_count = 0;
  let accuses_all = true;
  for await (const row of selectRows(ledger.warehouse, file)) {
    row_count++;
    if (sample.length < SAMPLE_ROWS) sample.push(row);
    if (typeof row.batch === "string") batches.add(row.batch);
    else accuses_all = false;
  }
  const check: CheckResult = {
    file: file.name,
    sentence: file.sentence,
    on_failure: file.header.get("on failure") === "warn" ? "warn" : "stop",
    row_count,
    sample: row_count
      ? JSON.stringify(
        sample,
        (_, value) => typeof value === "bigint" ? String(value) : value,
      )
      : null,
  };
  if (row_count && check.on_failure === "stop") {
    throw new StoppedError(file, {
      check,
      batches: accuses_all ? batches : undefined,
      steps,
    });
  }
  await keepCheck?.(check);
  if (row_count) {
    report.warn(
      `Check warns in ${file.path}: ${file.sentence}\n` +
        `  expected no rows, found ${row_count}; the first is ${
          JSON.stringify(JSON.parse(check.sample!)[0])
        }`,
    );
  }
  return row_count;
}
