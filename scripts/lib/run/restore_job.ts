/** Brings archived rows back: every object is proven before its lines are used. */
import { ProofError } from "../archive/read_back.ts";
import type { Context } from "./context.ts";
import { Ledger, newRun } from "./ledger.ts";
import { moveObject, type Moving } from "./move_object.ts";
import { type OpenJob, openJob } from "./open_job.ts";
import {
  type ArchivedObject,
  archivedObjects,
  makeArchiveTables,
  NO_REQUEST,
} from "./receipts.ts";
import { recordEnd, recordFailure } from "./record_end.ts";
import { StoppedError } from "./run_folder.ts";
import { scratchOf } from "./scratch_of.ts";
import { step } from "./step.ts";

/** Which objects: one by its key, or those of some days, each inclusive. */
export interface RestoreChoice {
  object?: string;
  from?: string;
  to?: string;
}

/** What a restore is told. */
export interface RestoreJob {
  job: string;
  /** The job whose receipts tell what was archived. */
  archive_job: string;
  choice: RestoreChoice;
  context: Context;
}

/** Restores the chosen objects, each in a transaction of its own. */
export async function restore(
  { job, archive_job, choice, context }: RestoreJob,
): Promise<void> {
  const open = await openJob(job, context);
  const { warehouse, ledger } = open;
  const { report } = context;
  try {
    await step("lock", () => warehouse.lock(job));
    const archived = await archivedObjects(warehouse, archive_job);
    const objects = chosenObjects(archived, choice, open.store.label);
    const moving = movingBack(open, { ledger, context });
    const total = { objects: 0, lines: 0, restored: 0, bytes: 0 };
    try {
      await makeTables(ledger);
      for (const object of objects) {
        // Its content is what counts, also if someone saved it and packed it anew.
        const { stored_sha256: _, ...lines } = expectedOf(object);
        const receipt = await moveObject(moving, lines);
        total.objects++;
        total.lines += receipt.line_count;
        total.restored += receipt.moved_count;
        total.bytes += receipt.stored_bytes;
      }
      await recordEnd(moving, total);
    } catch (error) {
      await recordFailure(moving, { total, error });
      throw error;
    }
    report.line(
      `${job}: ${
        total.restored.toLocaleString("en")
      } rows of ${total.objects} objects are back` +
        (total.restored < total.lines
          ? "; the others were back already, or had never left"
          : ""),
    );
    report.result({ job, run_id: ledger.run.run_id, ...total });
  } finally {
    await open.close();
  }
}

/** Restores everything into a scratch place and says how it compares; true if all is well. */
export async function drill(
  { job, archive_job, choice, context }: RestoreJob,
): Promise<boolean> {
  const open = await openJob(job, context);
  const { report } = context;
  try {
    await step("lock", () => open.warehouse.lock(job));
    const archived = await archivedObjects(open.warehouse, archive_job);
    const objects = chosenObjects(archived, choice, open.store.label);
    const scratch = await scratchOf(open, { purpose: "drill", context });
    const wrong: { object: string; expected: string; found: string }[] = [];
    const total = { objects: 0, lines: 0, restored: 0 };
    try {
      const ledger = new Ledger(scratch.warehouse, newRun(job));
      await makeTables(ledger);
      const moving = movingBack(open, { ledger, context });
      for (const object of objects) {
        const { object: key, away_count } = object;
        try {
          const receipt = await moveObject(moving, expectedOf(object));
          total.objects++;
          total.lines += receipt.line_count;
          total.restored += receipt.moved_count;
          if (receipt.moved_count === away_count) continue;
          wrong.push({
            object: key,
            expected: `${away_count} rows`,
            found: `${receipt.moved_count}`,
          });
        } catch (error) {
          const is_its_own = error instanceof ProofError ||
            error instanceof StoppedError;
          if (!is_its_own) throw error;
          wrong.push({
            object: key,
            expected: "what its receipt says",
            found: error.message,
          });
        }
      }
    } finally {
      await scratch.drop();
    }
    for (const { object, expected, found } of wrong) {
      report.warn(`${object}: expected ${expected}, found ${found}`);
    }
    report.line(
      `${job}: drill: ${
        total.restored.toLocaleString("en")
      } rows of ${total.objects} objects came back aside` +
        (wrong.length
          ? `; ${wrong.length} objects differ from their receipts`
          : ", all as their receipts say"),
    );
    report.result({ job, is_drill: true, ...total, wrong });
    return !wrong.length;
  } finally {
    await open.close();
  }
}

function movingBack(
  open: OpenJob,
  { ledger, context }: { ledger: Ledger; context: Context },
): Moving {
  return {
    ...open,
    ledger,
    report: context.report,
    event: "restored",
    verb: "restore",
    step_count: 0,
    checks: new Map(),
  };
}

async function makeTables(ledger: Ledger): Promise<void> {
  const { warehouse } = ledger;
  await warehouse.begin();
  await ledger.makeCurrentRun();
  await makeArchiveTables(warehouse, NO_REQUEST);
  await step("commit tables", () => warehouse.commit());
}

function expectedOf(
  { object, line_count, plain_sha256, stored_sha256 }: ArchivedObject,
) {
  return {
    key: object,
    first_line: 1,
    line_count,
    plain_sha256,
    stored_sha256,
  };
}

/** The objects of a choice, or an error that says what there is. */
function chosenObjects(
  archived: ArchivedObject[],
  { object, from, to }: RestoreChoice,
  store: string,
): ArchivedObject[] {
  const chosen = archived.filter(({ object: key }) => {
    if (object !== undefined) return key === object;
    const day = dayOf(key);
    return (from === undefined || day !== undefined && day >= from) &&
      (to === undefined || day !== undefined && day <= to);
  });
  const is_all = object ?? from ?? to;
  if (chosen.length || is_all === undefined) return chosen;
  const days = archived.flatMap(({ object }) => dayOf(object) ?? []).sort();
  throw new Error(
    `Cannot restore ${
      object
        ? `"${object}"`
        : from === to
        ? from
        : `${from ?? "…"} to ${to ?? "…"}`
    } from ${store}: expected an object with a receipt, found ${
      archived.length
        ? `${archived.length} of other names, the days from ${days[0]} to ${
          days.at(-1)
        }`
        : "no receipt at all"
    }`,
  );
}

/** The day in a key such as `archive/day=2026-01-02/….jsonl.gz`. */
function dayOf(key: string): string | undefined {
  return key.match(/=(\d{4}-\d{2}-\d{2})\//)?.[1];
}
