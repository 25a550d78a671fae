/** Runs the SQL folder in one transaction; a batch that a check accuses is set aside. */
import type { Report } from "./context.ts";
import { Ledger, newRun, type RunEnd } from "./ledger.ts";
import type { Loaded } from "./load_batches.ts";
import { runFolder, StoppedError } from "./run_folder.ts";
import type { SqlFile } from "./sql_file.ts";
import { step } from "./step.ts";
import { unstageUncounted } from "./tables.ts";
import { runViewsAhead } from "./views_ahead.ts";

/** What is to be published. */
export interface Publication {
  ledger: Ledger;
  feeds: string[];
  files: SqlFile[];
  migrations_sha256: string;
  loaded: Loaded;
  /** What went wrong before: a run with nothing new is not a good one then. */
  failures?: Error[];
  report: Report;
  force: boolean;
  readmit: boolean;
}

/** What came of it. */
export interface Published {
  summary: {
    run_id: string;
    outcome: RunEnd["outcome"] | "nothing new";
    batches: number;
    lines: number;
    rejected: number;
    set_aside: string[];
  };
  stopped?: Error;
}

/** Publishes what is staged, or says that nothing is new. */
export async function publish(publication: Publication): Promise<Published> {
  const { report, loaded } = publication;
  let { ledger } = publication;
  const last = await ledger.lastFolder();
  const set_aside: string[] = [];
  let stopped: StoppedError | undefined;
  while (true) {
    const staged = loaded.batches;
    const reason = whyRun(publication, { last, staged });
    if (!reason) {
      if (!stopped) await recordNothingNew(publication);
      break;
    }
    report.line(`${ledger.run.job}: the SQL folder runs: ${reason}`);
    try {
      const rejected = await publishOnce(publication, { ledger, last, staged });
      return {
        summary: {
          run_id: ledger.run.run_id,
          outcome: stopped ? "stopped" : "ok",
          batches: staged.length,
          lines: loaded.line_count,
          rejected,
          set_aside,
        },
        stopped: stopped && afterStop(stopped, ledger.run.job, set_aside),
      };
    } catch (error) {
      await ledger.warehouse.rollback();
      const accused = error instanceof StoppedError
        ? accusedBatches(error, staged)
        : [];
      await recordFailure(ledger, error, { accused, staged, loaded });
      if (!(error instanceof StoppedError)) throw error;
      if (!accused.length) throw error;
      stopped ??= error;
      if (stopped !== error) report.warn(error.message);
      set_aside.push(...accused.map(({ batch }) => batch));
      loaded.batches = loaded.batches.filter(({ batch }) =>
        !set_aside.includes(batch)
      );
      for (const { feed, batch } of accused) {
        report.line(`set aside ${feed}/${batch}`);
      }
      // The rest runs as a run of its own.
      ledger = new Ledger(ledger.warehouse, newRun(ledger.run.job));
    }
  }
  if (!stopped) report.line(`${ledger.run.job}: nothing new`);
  return {
    summary: {
      run_id: ledger.run.run_id,
      outcome: stopped ? "stopped" : "nothing new",
      batches: 0,
      lines: loaded.line_count,
      rejected: 0,
      set_aside,
    },
    stopped: stopped && afterStop(stopped, ledger.run.job, set_aside),
  };
}

interface StagedBatch {
  feed: string;
  batch: string;
}

/** Why the folder has to run now; undefined when it has not. */
function whyRun(
  { files, feeds, force, readmit, migrations_sha256 }: Publication,
  { last, staged }: { last: Map<string, string>; staged: StagedBatch[] },
): string | undefined {
  if (staged.length === 1) return "a batch is new";
  if (staged.length) return `${staged.length} batches are new`;
  if (!feeds.length) return "the job has no feed";
  if (force) return "--force";
  if (readmit) return "readmit";
  if (last.get("migrations") !== migrations_sha256) return "a migration is new";
  const changed = files.find((file) => last.get(file.name) !== file.sha256);
  if (changed) return `${changed.path} changed`;
  const gone = [...last.keys()].find((name) =>
    name !== "migrations" && !files.some((file) => file.name === name)
  );
  return gone && `${gone} is gone`;
}

async function publishOnce(
  publication: Publication,
  { ledger, last, staged }: {
    ledger: Ledger;
    last: Map<string, string>;
    staged: StagedBatch[];
  },
): Promise<number> {
  const { files, migrations_sha256, report, loaded, feeds } = publication;
  const { warehouse } = ledger;
  const folder = { ledger, files, last, migrations_sha256, report };
  const views_ahead = await runViewsAhead(folder);
  await warehouse.begin();
  if (warehouse.applies_at_once) {
    const { job } = ledger.run;
    for (const feed of feeds) await unstageUncounted(warehouse, { job, feed });
  }
  let all = staged;
  if (publication.readmit) all = await readmit(ledger, feeds, staged);
  await ledger.makeCurrentRun();
  await runFolder({ ...folder, views_ahead });
  const rejected = await ledger.rejectedCount();
  for (const feed of feeds) {
    if (publication.readmit) {
      const passed = await ledger.removePassed(feed);
      report.line(`${feed}: ${passed} readmitted lines passed`);
    }
    await warehouse.empty(`staging_${feed}`);
  }
  const merged = new Map(all.map((one) => [`${one.feed}/${one.batch}`, one]));
  await ledger.add(
    [...merged.values()].map((one) => ({ ...one, event: "merged" })),
  );
  await ledger.addRun({
    outcome: "ok",
    is_folder_run: true,
    batch_count: merged.size,
    line_count: loaded.line_count,
    byte_count: loaded.byte_count,
  });
  await step("publish", () => warehouse.commit());
  if (rejected) {
    report.warn(
      `${
        rejected === 1
          ? "1 line was"
          : `${rejected.toLocaleString("en")} lines were`
      } rejected: deno task query "select feed, batch, line_number, reason from sluice_rejected_lines where run_id = '${ledger.run.run_id}'"\n` +
        `  after a change of the SQL: deno task readmit ${ledger.run.job}`,
    );
  }
  return rejected;
}

async function readmit(
  ledger: Ledger,
  feeds: string[],
  staged: StagedBatch[],
): Promise<StagedBatch[]> {
  const all = [...staged];
  for (const feed of feeds) {
    const batches = await ledger.restageRejected(feed);
    await ledger.add(
      batches.map((batch) => ({ feed, batch, event: "readmitted" })),
    );
    all.push(...batches.map((batch) => ({ feed, batch })));
  }
  return all;
}

async function recordNothingNew(
  { ledger, failures: [failure] = [] }: Publication,
): Promise<void> {
  // In SQLite only a transaction waits for other writers.
  await ledger.warehouse.begin();
  await ledger.addRun({
    outcome: failure ? "failed" : "ok",
    message: failure?.message,
    is_folder_run: false,
    batch_count: 0,
    line_count: 0,
    byte_count: 0,
  });
  await step("commit nothing new", () => ledger.warehouse.commit());
}

/** The batches that a check names, if all of them are batches of this run. */
function accusedBatches(
  { batches }: StoppedError,
  staged: StagedBatch[],
): StagedBatch[] {
  if (!batches?.size) return [];
  const accused = staged.filter(({ batch }) => batches.has(batch));
  const is_all = [...batches].every((batch) =>
    accused.some((one) => one.batch === batch)
  );
  return is_all ? accused : [];
}

/** What rolled back is told in a transaction of its own. */
async function recordFailure(
  ledger: Ledger,
  error: unknown,
  { accused, staged, loaded }: {
    accused: StagedBatch[];
    staged: StagedBatch[];
    loaded: Loaded;
  },
): Promise<void> {
  const { warehouse } = ledger;
  await warehouse.begin();
  if (error instanceof StoppedError) {
    await ledger.addSteps(error.steps);
    await ledger.addChecks([error.check]);
  }
  for (const { feed, batch } of accused) await ledger.unstage(feed, batch);
  await ledger.add(accused.map((one) => ({
    ...one,
    event: "set_aside",
    reason: `${(error as StoppedError).file.name}: ${
      (error as StoppedError).file.sentence
    }`,
  })));
  await ledger.addRun({
    outcome: error instanceof StoppedError ? "stopped" : "failed",
    is_folder_run: true,
    message: (error as Error).message,
    batch_count: staged.length,
    line_count: loaded.line_count,
    byte_count: loaded.byte_count,
  });
  await step("commit failure", () => warehouse.commit());
}

function afterStop(
  stopped: StoppedError,
  job: string,
  set_aside: string[],
): Error {
  return Object.assign(
    new Error(
      `${stopped.message}\n` +
        `  what the check accuses is set aside, the rest is published; to load it after all:\n` +
        set_aside.map((batch) =>
          `    deno task batches take-back ${job} ${batch}`
        ).join("\n"),
      { cause: stopped },
    ),
    { exit_code: 2 },
  );
}
