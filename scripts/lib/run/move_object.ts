/** Runs SQL on the lines of one proven object of the archive, in one transaction. */
import type { Lines } from "../bytes/lines.ts";
import type { Store } from "../store/store.ts";
import type { Report } from "./context.ts";
import type { CheckResult, Ledger, Step } from "./ledger.ts";
import type { ProvenObject } from "./prove_objects.ts";
import { addReceipt, LINES_TABLE, type Receipt } from "./receipts.ts";
import { runFolder, stepLine } from "./run_folder.ts";
import type { SqlFile } from "./sql_file.ts";
import { step } from "./step.ts";

/** What every object of a run has in common. */
export interface Moving {
  ledger: Ledger;
  store: Store;
  report: Report;
  /** The files that run on the lines of an object. */
  files: SqlFile[];
  migrations_sha256: string;
  /** What the receipt says, and the verb whose files count the rows moved. */
  event: Receipt["event"];
  verb: string;
  /** How many steps the ledger has of this run. */
  step_count: number;
  /** The checks of all objects by file, each with all rows that it found. */
  checks: Map<string, CheckResult>;
}

/** What was moved, and how many lines are of rows that live elsewhere by now. */
export interface MovedObject extends Receipt {
  replaced_count: number;
}

/** Moves the rows of one object; anything wrong takes all of it back, and throws. */
export async function moveObject(
  moving: Moving,
  proven: ProvenObject,
): Promise<MovedObject> {
  const { ledger, report, event, verb } = moving;
  const { expected, found } = proven;
  const { warehouse } = ledger;
  const start = performance.now();
  await warehouse.begin();
  try {
    await warehouse.empty(LINES_TABLE);
    await step("load lines", () => loadLines(moving, proven));
    const steps = await runFolder({
      ...moving,
      last: new Map(),
      report: { ...report, line() {} },
      steps_before: moving.step_count,
      not_run: ["show", "archive", "export"],
      keepCheck: (check) => keep(moving.checks, check),
    });
    const moved_count = rowsOf(verb, steps, moving);
    const receipt: Receipt = {
      event,
      object: expected.key,
      ...found,
      plain_sha256: expected.plain_sha256,
      moved_count,
      kept_count: expected.line_count - moved_count,
    };
    await addReceipt(ledger, receipt);
    await step(`commit ${event}`, () => warehouse.commit());
    moving.step_count += steps.length;
    const milliseconds = performance.now() - start;
    report.line(
      stepLine(`${event} ${expected.key}`, milliseconds, moved_count) +
        (receipt.kept_count
          ? `  (${receipt.kept_count} left as they are)`
          : ""),
    );
    const replaced_count = rowsOf("count", steps, moving);
    return { ...receipt, replaced_count };
  } catch (error) {
    // A lost connection has rolled back by itself.
    await warehouse.rollback().catch(() => {});
    throw error;
  }
}

async function loadLines(
  { ledger }: Moving,
  { expected, lines }: ProvenObject,
): Promise<void> {
  const { key, line_count } = expected;
  const { staged } = await ledger.warehouse.load(
    { table: LINES_TABLE, batch: key },
    given(lines),
  );
  if (staged === line_count) return;
  throw new RangeError(
    `Cannot load "${key}": expected ${line_count} lines, found ${staged}`,
  );
}

/** Lets go of what was taken: a driver may keep it no longer than it must. */
async function* given(lines: Lines[]): AsyncGenerator<Lines> {
  while (lines.length) yield await Promise.resolve(lines.shift()!);
}

function rowsOf(verb: string, steps: Step[], { files }: Moving): number {
  const names = files.filter((file) => file.verb === verb).map(({ name }) =>
    name
  );
  return steps.filter(({ file }) => names.includes(file))
    .reduce((sum, { rows_affected }) => sum + (rows_affected ?? 0), 0);
}

/** The ledger has one row per check and run: what the objects found is added up. */
function keep(checks: Map<string, CheckResult>, check: CheckResult): void {
  const before = checks.get(check.file);
  checks.set(check.file, {
    ...check,
    row_count: check.row_count + (before?.row_count ?? 0),
    sample: before?.sample ?? check.sample,
  });
}
