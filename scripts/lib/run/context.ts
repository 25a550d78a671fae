/** What a run is given from outside: settings, flags and where to tell of itself. */

/** The settings of one pipeline, already read from the environment. */
export interface Settings {
  home: string;
  store_url: string;
  sqlite_path: string;
  /** Undefined means the embedded server. */
  postgres_url: string | undefined;
  /** Undefined means that there is none. */
  bigquery_url?: string;
  /** The file with Google's credentials, if one is named. */
  google_credentials?: string;
}

/** What a run may be told on the command line. */
export interface RunOptions {
  warehouse?: string;
  /** Run the SQL folder although nothing is new. */
  force?: boolean;
  /** Land the given files although the same bytes were landed before. */
  again?: boolean;
  /** Land a batch although its name has other bytes. */
  replace?: boolean;
  /** Load a batch although it has no lines, or far fewer than the one before. */
  allow_empty?: boolean;
}

/** Progress of one long piece of work. */
export interface Progress {
  add(bytes: number, rows?: number): void;
  end(): void;
}

/** Where a run tells people and programs what it does. */
export interface Report {
  /** One line per step, path first. */
  line(text: string): void;
  /** What people must see although the run succeeds. */
  warn(text: string): void;
  table(title: string, rows: Record<string, unknown>[]): void;
  progress(label: string, total_bytes?: number): Progress;
  /** What a program reads with `--json`. */
  result(value: unknown): void;
}

/** Everything that a run is given from outside. */
export interface Context {
  settings: (pipeline?: string) => Settings;
  options: RunOptions;
  report: Report;
}

/** The pipeline of a job: the first word of its name. */
export function pipelineOf(job: string): string {
  return job.split("_")[0];
}
