/** Tries a restore aside, and compares what comes back with the receipts. */
import { ProofFailures } from "../archive/proof_failures.ts";
import { ProofError } from "../archive/read_back.ts";
import { Ledger, newRun } from "./ledger.ts";
import { moveObject, type Moving } from "./move_object.ts";
import { openJob } from "./open_job.ts";
import { type ProvenObject, proveObjects } from "./prove_objects.ts";
import { type ArchivedObject, archivedObjects } from "./receipts.ts";
import {
  chosenObjects,
  expectedOf,
  makeTables,
  movingBack,
  type RestoreJob,
} from "./restore_job.ts";
import { StoppedError } from "./run_folder.ts";
import { scratchOf } from "./scratch_of.ts";
import { step } from "./step.ts";

/** How an object differs from its receipts. */
interface Difference {
  object: string;
  expected: string;
  found: string;
}

/** Restores the chosen objects into a scratch place; true if all are as their receipts say. */
export async function drill(
  { job, archive_job, choice, context }: RestoreJob,
): Promise<boolean> {
  const open = await openJob(job, context);
  const { report } = context;
  try {
    await step("lock", () => open.warehouse.lock(job));
    const archived = await archivedObjects(open.warehouse, archive_job);
    const objects = chosenObjects(archived, choice, open.store.label);
    const total = { objects: 0, lines: 0, restored: 0 };
    const wrong: Difference[] = [];
    const scratch = await scratchOf(open, { purpose: "drill", context });
    try {
      const ledger = new Ledger(scratch.warehouse, newRun(job));
      await makeTables(ledger);
      const moving = movingBack(open, { ledger, context });
      const failures = new ProofFailures();
      let number = 0;
      for await (
        const result of proveObjects(objects.map(expectedOf), moving)
      ) {
        const object = objects[number++];
        if (result.error instanceof ProofError) failures.add(result.error);
        else failures.passed();
        if (failures.is_store_away) throw result.error;
        const difference = await tryObject(moving, { object, result, total });
        if (difference) wrong.push(difference);
      }
    } finally {
      await scratch.drop();
    }
    for (const { object, expected, found } of wrong) {
      report.warn(`${object}: expected ${expected}, found: ${found}`);
    }
    report.line(
      `${job}: drill: ${
        total.restored.toLocaleString("en")
      } rows of ${total.objects} objects came back aside` +
        (wrong.length
          ? `; ${wrong.length} of ${objects.length} objects differ from their receipts`
          : ", all as their receipts say"),
    );
    report.result({ job, is_drill: true, ...total, wrong });
    return !wrong.length;
  } finally {
    await open.close();
  }
}

async function tryObject(
  moving: Moving,
  { object: { object, away_count }, result, total }: {
    object: ArchivedObject;
    result: { proven?: ProvenObject; error?: unknown };
    total: { objects: number; lines: number; restored: number };
  },
): Promise<Difference | undefined> {
  try {
    if (!result.proven) throw result.error;
    const moved = await moveObject(moving, result.proven);
    const { line_count, moved_count, replaced_count } = moved;
    total.objects++;
    total.lines += line_count;
    total.restored += moved_count;
    const is_right = moved_count <= away_count &&
      moved_count + replaced_count >= away_count;
    return is_right ? undefined : {
      object,
      expected: `${away_count} rows`,
      found: `${moved_count} rows`,
    };
  } catch (error) {
    const is_its_own = error instanceof ProofError ||
      error instanceof StoppedError;
    if (!is_its_own) throw error;
    return { object, expected: "what its receipt says", found: error.message };
  }
}
