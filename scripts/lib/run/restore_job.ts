/** Brings archived rows back: every object is proven before its lines are used. */
import type { ExpectedObject } from "../archive/read_back.ts";
import type { Context } from "./context.ts";
import type { Ledger } from "./ledger.ts";
import { moveObject, type Moving } from "./move_object.ts";
import { type OpenJob, openJob } from "./open_job.ts";
import { proveObjects } from "./prove_objects.ts";
import {
  type ArchivedObject,
  archivedObjects,
  makeArchiveTables,
  NO_REQUEST,
} from "./receipts.ts";
import { recordEnd, recordFailure } from "./record_end.ts";
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
      // Lines are what counts, also if someone saved them and packed them anew.
      const expected = objects.map((object) => ({
        ...expectedOf(object),
        stored_sha256: undefined,
      }));
      for await (const { proven, error } of proveObjects(expected, moving)) {
        if (!proven) throw error;
        const receipt = await moveObject(moving, proven);
        const { away_count } = objects[total.objects];
        const missing = away_count - receipt.moved_count -
          receipt.replaced_count;
        if (missing > 0) {
          report.warn(
            `${receipt.object}: expected ${away_count} rows to come back, as its receipts say, found ${missing} fewer: they are neither in the table nor on the list of what is archived`,
          );
        }
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

/** What the objects of a restore have in common. */
export function movingBack(
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

/** Makes the temp tables of a run, before the first object. */
export async function makeTables(ledger: Ledger): Promise<void> {
  const { warehouse } = ledger;
  await warehouse.begin();
  await ledger.makeCurrentRun();
  await makeArchiveTables(warehouse, NO_REQUEST);
  await step("commit tables", () => warehouse.commit());
}

/** What an object has to hold by its receipt. */
export function expectedOf(
  { object, ...receipt }: ArchivedObject,
): ExpectedObject {
  return { ...receipt, key: object, first_line: 1 };
}

/** The objects of a choice, or an error that says what there is. */
export function chosenObjects(
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
