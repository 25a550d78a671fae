/** Runs a job, posts unless told, as a process of its own, which a test may kill. */
import type { Environment } from "./environment.ts";

const ROOT = Deno.cwd();

/** A run that hangs is a failure, not a test that never ends. */
const LONGEST_RUN_MS = 120_000;

/** How a run ended, and what it said. */
export interface Finished {
  exit: number;
  signal: Deno.Signal | null;
  stderr: string;
  milliseconds: number;
  /** From the last line that tells of landing until the end. */
  milliseconds_after_landing: number;
}

/** A run that is on its way. */
export interface Started {
  pid: number;
  kill(signal: Deno.Signal): void;
  /** Resolves when the run has said this; fails when it ends without it. */
  said(text: string): Promise<void>;
  finished: Promise<Finished>;
}

/** What a run is given: files, flags, more variables, another project folder. */
export interface PostsRun {
  files: string[];
  /** The script, if it is not that of the posts job. */
  script?: string;
  flags?: string[];
  env?: Record<string, string>;
  /** The folder whose `sql/` and `migrations/` are used. */
  project?: string;
  /** A program and its arguments that start it, such as `unshare --user`. */
  through?: string[];
}

/** Starts `deno run` itself: killing a task would leave its child alive. */
export function startPosts(environment: Environment, run: PostsRun): Started {
  const start = performance.now();
  const child = spawnPosts(environment, run);
  const deadline = setTimeout(() => child.kill("SIGKILL"), LONGEST_RUN_MS);
  let stderr = "";
  let landed_at = start;
  let has_ended = false;
  let heard = Promise.withResolvers<void>();
  const wake = () => {
    heard.resolve();
    heard = Promise.withResolvers();
  };
  const listening = (async () => {
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      if (/^landed |is landed already/m.test(text)) {
        landed_at = performance.now();
      }
      stderr += text;
      wake();
    }
  })();
  const finished = (async () => {
    const { code, signal } = await child.status;
    const end = performance.now();
    clearTimeout(deadline);
    await listening;
    has_ended = true;
    wake();
    return {
      exit: code,
      signal,
      stderr,
      milliseconds: end - start,
      milliseconds_after_landing: end - landed_at,
    };
  })();
  return {
    pid: child.pid,
    kill: (signal) => {
      try {
        child.kill(signal);
      } catch (error) {
        // It was quicker.
        if (!(error instanceof TypeError)) throw error;
      }
    },
    said: async (text) => {
      while (!stderr.includes(text)) {
        if (has_ended) {
          throw new Error(`the run never said "${text}": ${stderr}`);
        }
        await heard.promise;
      }
    },
    finished,
  };
}

function spawnPosts(
  environment: Environment,
  run: PostsRun,
): Deno.ChildProcess {
  const [program, ...args] = [...run.through ?? [], Deno.execPath()];
  const { script = "posts" } = run;
  return new Deno.Command(program, {
    args: [
      ...args,
      "run",
      "-q",
      `--config=${ROOT}/deno.json`,
      // The permission set names paths under the project's own folder.
      run.project ? "-A" : `-P=${script.split("_")[0]}`,
      `${ROOT}/scripts/${script}.ts`,
      ...run.files.map((path) =>
        // Others are addresses, or names of jobs.
        path.startsWith("data/") ? `${ROOT}/${path}` : path
      ),
      `--warehouse=${environment.dialect}`,
      ...run.flags ?? [],
    ],
    cwd: run.project ?? ROOT,
    clearEnv: true,
    env: { ...inherited(), ...variables(environment), ...run.env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** Runs the posts job to its end. */
export function runPosts(
  environment: Environment,
  run: PostsRun,
): Promise<Finished> {
  return startPosts(environment, run).finished;
}

function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "LD_LIBRARY_PATH"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = Deno.env.get(name);
      return value ? [[name, value]] : [];
    }),
  );
}

function variables({ settings }: Environment): Record<string, string> {
  return {
    NO_COLOR: "1",
    SLUICE_HOME: settings.home,
    STORE_URL: settings.store_url,
    POSTS_STORE_URL: settings.store_url,
    CATALOG_STORE_URL: settings.store_url,
    ADS_STORE_URL: settings.store_url,
    SQLITE_PATH: settings.sqlite_path,
    ...(settings.postgres_url ? { POSTGRES_URL: settings.postgres_url } : {}),
    ...(settings.bigquery_url ? { BIGQUERY_URL: settings.bigquery_url } : {}),
  };
}
