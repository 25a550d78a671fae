/** Records how a run over objects of the archive ended. */
import type { RunEnd } from "./ledger.ts";
import type { Moving } from "./move_object.ts";
import { StoppedError } from "./run_folder.ts";
import { step } from "./step.ts";

/** How much a run has moved so far. */
export interface Moved {
  objects: number;
  lines: number;
  bytes: number;
}

/** Adds a run that went well, and what its checks found. */
export async function recordEnd(moving: Moving, total: Moved): Promise<void> {
  const { ledger, checks } = moving;
  await ledger.warehouse.begin();
  await ledger.addChecks([...checks.values()]);
  await ledger.addRun({ outcome: "ok", ...counts(total) });
  await step("commit end", () => ledger.warehouse.commit());
}

/** Adds a run that failed; what it had moved before has been committed. */
export async function recordFailure(
  { ledger, checks }: Moving,
  { total, error }: { total: Moved; error: unknown },
): Promise<void> {
  const { warehouse } = ledger;
  try {
    await warehouse.rollback().catch(() => {});
    await warehouse.begin();
    const stopped = error instanceof StoppedError ? error : undefined;
    if (stopped) {
      await ledger.addSteps(stopped.steps);
      checks.set(stopped.file.name, stopped.check);
    }
    await ledger.addChecks([...checks.values()]);
    await ledger.addRun({
      outcome: stopped ? "stopped" : "failed",
      message: (error as Error).message,
      ...counts(total),
    });
    await step("commit failure", () => warehouse.commit());
  } catch {
    // Whoever looks for the reason needs the first error, not that of telling it.
  }
}

function counts(total: Moved): Omit<RunEnd, "outcome" | "message"> {
  return {
    is_folder_run: true,
    batch_count: total.objects,
    line_count: total.lines,
    byte_count: total.bytes,
  };
}
