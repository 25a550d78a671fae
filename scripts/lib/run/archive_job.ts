/** Moves rows to the archive: written, read back, and only then deleted. */
import { type PackedObject, packObjects } from "../archive/pack_objects.ts";
import { ProofFailures } from "../archive/proof_failures.ts";
import { putObject } from "../archive/put_object.ts";
import { ProofError } from "../archive/read_back.ts";
import type { Row } from "../warehouse/warehouse.ts";
import type { Context, Progress } from "./context.ts";
import { Ledger, type Step } from "./ledger.ts";
import { moveObject, type Moving } from "./move_object.ts";
import { type OpenJob, openJob } from "./open_job.ts";
import { proveObjects } from "./prove_objects.ts";
import { type ArchiveRequest, makeArchiveTables } from "./receipts.ts";
import { recordEnd, recordFailure } from "./record_end.ts";
import { runFolder, selectRows, stepLine } from "./run_folder.ts";
import type { SqlFile } from "./sql_file.ts";
import { step } from "./step.ts";

/** What an archive run is told; what is left out the settings decide. */
export interface ArchiveOptions extends ArchiveRequest {
  /** The instant from which "old" is counted. */
  as_of?: string;
  /** Tell what would go, and leave no trace. */
  is_dry_run: boolean;
}

interface ArchiveRun extends OpenJob {
  files_before: SqlFile[];
  archive_file: SqlFile;
  files_after: SqlFile[];
  context: Context;
  options: ArchiveOptions;
}

type WrittenObject = Omit<PackedObject, "packed">;

/** Archives what the job's SQL chooses; throws unless all of it went well. */
export async function archive(
  { job, options, context }: {
    job: string;
    options: ArchiveOptions;
    context: Context;
  },
): Promise<void> {
  const open = await openJob(job, context);
  const { warehouse } = open;
  try {
    const as_of = options.as_of ?? open.ledger.run.as_of;
    const run = {
      ...open,
      ...splitFolder(open),
      ledger: new Ledger(warehouse, { ...open.ledger.run, as_of }),
      context,
      options,
    };
    await step("lock", () => warehouse.lock(job));
    if (options.is_dry_run) return await tellWhatWouldGo(run);
    await archiveLocked(run);
  } finally {
    await open.close();
  }
}

/** The files before and after the one that selects what goes into the archive. */
function splitFolder({ job, files }: OpenJob) {
  const found = files.filter(({ verb }) => verb === "archive");
  if (found.length !== 1) {
    throw new TypeError(
      `Cannot archive by "${job}": expected one file NNN_archive_….sql in its folder, found ${found.length}`,
    );
  }
  const place = files.indexOf(found[0]);
  return {
    files_before: files.slice(0, place),
    archive_file: found[0],
    files_after: files.slice(place + 1),
  };
}

async function archiveLocked(run: ArchiveRun): Promise<void> {
  const { job, ledger, warehouse, context } = run;
  const { report } = context;
  const moving: Moving = {
    ...run,
    report,
    files: run.files_after,
    event: "archived",
    verb: "delete",
    step_count: 0,
    checks: new Map(),
  };
  const total = { objects: 0, lines: 0, deleted: 0, kept: 0, bytes: 0 };
  const failures = new ProofFailures();
  try {
    await warehouse.begin();
    moving.step_count = await choose(run);
    await step("commit choice", () => warehouse.commit());
    const { written, taken } = await writeObjects(run, {
      step_number: moving.step_count,
      failures,
    });
    await warehouse.begin();
    await ledger.addSteps([taken]);
    await step("commit archive", () => warehouse.commit());
    moving.step_count++;
    for await (const { proven, error } of proveObjects(written, moving)) {
      if (proven) {
        failures.passed();
        const receipt = await moveObject(moving, proven);
        total.objects++;
        total.lines += receipt.line_count;
        total.deleted += receipt.moved_count;
        total.kept += receipt.kept_count;
        total.bytes += receipt.stored_bytes;
        continue;
      }
      if (!(error instanceof ProofError)) throw error;
      failures.add(error);
      if (failures.is_store_away) break;
    }
    if (failures.errors.length) throw damaged(failures.errors);
    await recordEnd(moving, total);
  } catch (error) {
    await recordFailure(moving, { total, error });
    throw error;
  }
  report.line(
    total.objects
      ? `${job}: ${rows(total.lines)} archived in ${total.objects} object${
        total.objects === 1 ? "" : "s"
      }, ${rows(total.deleted)} deleted`
      : `${job}: nothing is old enough`,
  );
  if (total.kept) {
    report.warn(
      `${
        rows(total.kept)
      } changed while the archive was written: the table keeps them as they are now, the next run archives them`,
    );
  }
  const { run_id, as_of } = ledger.run;
  report.result({ job, run_id, as_of, ...total });
}

function rows(count: number): string {
  return `${count.toLocaleString("en")} row${count === 1 ? "" : "s"}`;
}

/** One snapshot decides what is old; its temp tables last as long as the session. */
async function choose(run: ArchiveRun): Promise<number> {
  const { ledger, warehouse, migrations_sha256, options, context } = run;
  await ledger.makeCurrentRun();
  await makeArchiveTables(warehouse, options);
  const steps = await runFolder({
    ledger,
    files: run.files_before,
    last: new Map(),
    migrations_sha256,
    report: context.report,
  });
  return steps.length;
}

/** Writes everything that goes, so that one reading of the database is enough. */
async function writeObjects(
  run: ArchiveRun,
  { step_number, failures }: { step_number: number; failures: ProofFailures },
): Promise<{ written: WrittenObject[]; taken: Step }> {
  const { warehouse, store, archive_file, context } = run;
  const { path, name, sha256 } = archive_file;
  const start = performance.now();
  const written: WrittenObject[] = [];
  // One object is put while the next is selected and packed.
  let putting: Promise<void> | undefined;
  const progress = context.report.progress(path);
  await warehouse.begin("read");
  try {
    const selected = watchedRows(selectRows(warehouse, archive_file), progress);
    for await (const { packed, ...object } of packObjects(selected, { path })) {
      await putting;
      putting = step(
        "put object",
        () => putObject(store, { ...object, packed }),
      ).then((error) => {
        if (!error) {
          failures.passed();
          written.push(object);
          return;
        }
        failures.add(error);
        if (failures.is_store_away) throw damaged(failures.errors);
      });
      // A failure is thrown where it is awaited, not before.
      putting.catch(() => {});
    }
    await putting;
    failures.passed();
    await warehouse.commit();
  } finally {
    await putting?.catch(() => {});
    progress.end();
  }
  const milliseconds = performance.now() - start;
  const rows_affected = written.reduce((sum, one) => sum + one.line_count, 0);
  context.report.line(stepLine(path, milliseconds, rows_affected));
  const duration_ms = Math.round(milliseconds * 1000) / 1000;
  const outcome = "run" as const;
  return {
    written,
    taken: {
      step_number,
      file: name,
      sha256,
      duration_ms,
      rows_affected,
      outcome,
    },
  };
}

async function* watchedRows(
  source: AsyncIterable<Row>,
  progress: Progress,
): AsyncGenerator<Row> {
  for await (const row of source) {
    progress.add((row.body as string | null)?.length ?? 0, 1);
    yield row;
  }
}

function damaged(failures: ProofError[]): Error {
  const [first] = failures;
  return new Error(
    failures.map(({ message }) => message).join("\n") +
      `\n  nothing was deleted for ${
        failures.length === 1 ? "it" : `these ${failures.length} objects`
      }: find out what happened in the store, move away what is damaged there, and run it again`,
    { cause: first },
  );
}

/** Runs the same choice in a transaction that is rolled back. */
async function tellWhatWouldGo(run: ArchiveRun): Promise<void> {
  const { warehouse, archive_file, context, job, ledger } = run;
  await warehouse.begin();
  const folders = new Map<string, { rows: number; bytes: number }>();
  try {
    await choose(run);
    const selected = selectRows(warehouse, archive_file);
    const { path } = archive_file;
    for await (
      const { key, line_count, plain_bytes } of packObjects(selected, { path })
    ) {
      const folder = key.slice(0, key.lastIndexOf("/"));
      const before = folders.get(folder) ?? { rows: 0, bytes: 0 };
      folders.set(folder, {
        rows: before.rows + line_count,
        bytes: before.bytes + plain_bytes,
      });
    }
  } finally {
    await warehouse.rollback().catch(() => {});
  }
  const table = [...folders].map(([object, counts]) => ({ object, ...counts }));
  const total = table.reduce((sum, { rows, bytes }) => ({
    rows: sum.rows + rows,
    bytes: sum.bytes + bytes,
  }), { rows: 0, bytes: 0 });
  context.report.table(`What ${job} would archive, in bytes of text`, table);
  context.report.line(
    `${job}: ${rows(total.rows)} of ${table.length} folders would go, ${
      total.bytes.toLocaleString("en")
    } bytes; nothing was touched`,
  );
  const { as_of } = ledger.run;
  context.report.result({
    job,
    as_of,
    is_dry_run: true,
    ...total,
    folders: table,
  });
}
