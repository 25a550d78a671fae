/** What the rows of the ledger hold. */

/** What can happen to a batch. */
export type BatchEvent =
  | "landed"
  | "staged"
  | "merged"
  | "repeated"
  | "set_aside"
  | "taken_back"
  | "readmitted";

/** One row of `sluice_batch_events`, but for job, time and run. */
export interface Happening {
  feed: string;
  batch: string;
  event: BatchEvent;
  object?: string;
  sha256?: string;
  byte_count?: number;
  line_count?: number;
  blank_count?: number;
  source?: string;
  source_bytes?: number;
  source_modified_at?: string;
  reason?: string;
}

/** A run, as `current_run` shows it to the SQL files. */
export interface CurrentRun {
  run_id: string;
  job: string;
  as_of: string;
  started_at: string;
}

/** How a run ended, for `sluice_runs`. */
export interface RunEnd {
  outcome: "ok" | "stopped" | "failed";
  is_folder_run: boolean;
  message?: string;
  batch_count: number;
  line_count: number;
  byte_count: number;
}

/** One row of `sluice_steps`, but for the run. */
export interface Step {
  step_number: number;
  file: string;
  sha256: string;
  duration_ms: number;
  rows_affected: number | null;
  outcome: "run" | "unchanged";
  /** Only where a run is paid by what it reads. */
  bytes_processed?: number;
}

/** One row of `sluice_checks`, but for the run. */
export interface CheckResult {
  file: string;
  sentence: string;
  on_failure: "stop" | "warn";
  row_count: number;
  sample: string | null;
}

/** A new run of a job, as of now; its id sorts by time. */
export function newRun(job: string): CurrentRun {
  const started_at = new Date().toISOString();
  const random = crypto.randomUUID().slice(0, 8);
  return {
    run_id: `${started_at.replace(/[-:]/g, "")}_${random}`,
    job,
    as_of: started_at,
    started_at,
  };
}
