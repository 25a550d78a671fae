/** Reads every object of the archive again and compares it with its receipt. */
import { ProofFailures } from "../archive/proof_failures.ts";
import { ProofError, ReadBack } from "../archive/read_back.ts";
import type { Context } from "./context.ts";
import { openJob } from "./open_job.ts";
import { archivedObjects } from "./receipts.ts";
import { stepLine } from "./run_folder.ts";
import { watchedLines } from "./watched.ts";

/** Verifies all that a job has archived; throws if any of it is damaged. */
export async function verifyArchive(
  { job, context }: { job: string; context: Context },
): Promise<void> {
  const { warehouse, store, close } = await openJob(job, context);
  const { report } = context;
  try {
    const objects = await archivedObjects(warehouse, job);
    const damaged: string[] = [];
    const failures = new ProofFailures();
    let lines = 0;
    let bytes = 0;
    for (const { object: key, ...receipt } of objects) {
      const start = performance.now();
      const read = new ReadBack(store, { ...receipt, key, first_line: 1 });
      const progress = report.progress(key);
      try {
        for await (const _ of watchedLines(read.lines(), progress));
        failures.passed();
        lines += read.found.line_count;
        bytes += read.found.stored_bytes;
        const milliseconds = performance.now() - start;
        report.line(
          stepLine(`verified ${key}`, milliseconds, read.found.line_count),
        );
      } catch (error) {
        if (!(error instanceof ProofError)) throw error;
        failures.add(error);
        if (failures.is_store_away) throw error;
        damaged.push(key);
        report.warn(error.message);
      } finally {
        progress.end();
      }
    }
    report.result({ job, objects: objects.length, lines, bytes, damaged });
    if (damaged.length) {
      throw new Error(
        `Cannot rely on ${damaged.length} of ${objects.length} objects of the archive in ${store.label}: expected them as their receipts say, found them damaged or out of reach:\n` +
          damaged.map((key) => `  ${key}`).join("\n") +
          "\n  bring them back from a version or a copy of the store, and verify again",
      );
    }
    report.line(
      `${job}: ${
        lines.toLocaleString("en")
      } lines in ${objects.length} objects are as their receipts say`,
    );
  } finally {
    await close();
  }
}
