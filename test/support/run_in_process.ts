/** Runs a job inside the test's own process and keeps what it says. */
import type {
  Context,
  RunOptions,
  Settings,
} from "../../scripts/lib/run/context.ts";
import { type Feed, runJob } from "../../scripts/lib/run/run_job.ts";

/** What a run would have printed, and how it would have ended. */
export interface Outcome {
  exit: number;
  stderr: string;
  result: unknown;
}

/** Runs a job once with these settings. */
export async function runInProcess(
  { job, feeds, readmit, ...given }: {
    job: string;
    feeds: Record<string, Feed>;
    settings: Settings;
    options?: RunOptions;
    readmit?: boolean;
  },
): Promise<Outcome> {
  return await inProcess(
    given,
    (context) => runJob({ job, feeds, context, readmit }),
  );
}

/** Does what a task would do, and keeps what it says; false is a failure. */
export async function inProcess(
  { settings, options = {} }: { settings: Settings; options?: RunOptions },
  story: (context: Context) => Promise<void | boolean>,
): Promise<Outcome> {
  const lines: string[] = [];
  let result: unknown;
  const context: Context = {
    settings: () => settings,
    options,
    report: {
      line: (text) => lines.push(text),
      warn: (text) => lines.push(`warning: ${text}`),
      table: (title, rows) => lines.push(`${title}\n${JSON.stringify(rows)}`),
      progress: () => ({ add() {}, end() {} }),
      result: (value) => result = value,
    },
  };
  let exit = 0;
  try {
    if (await story(context) === false) exit = 1;
  } catch (error) {
    exit = (error as { exit_code?: number }).exit_code ?? 1;
    lines.push(`error: ${(error as Error).message}`);
  }
  return { exit, stderr: lines.join("\n"), result };
}
