/** The frame of every task: inputs, help, signals, errors, exit code. */
import type { Context } from "../run/context.ts";
import { crashAt } from "../run/step.ts";
import {
  COMMON_FLAGS,
  type Inputs,
  readInputs,
  type Usage,
  variable,
} from "./inputs.ts";
import { print, type TerminalReport, terminalReport } from "./output.ts";
import { settings } from "./settings.ts";

/** What a task works with. */
export interface Task extends Inputs, Context {
  report: TerminalReport;
}

/** Runs a task; the process ends with its exit code. */
export async function main(
  usage: Usage,
  story: (task: Task) => Promise<void | number>,
): Promise<never> {
  let report = terminalReport({ quiet: false, json: false });
  try {
    const inputs = readInputs(usage);
    if (inputs.switches.help) {
      print(Deno.stdout, await help(usage));
      Deno.exit(0);
    }
    const { quiet, json } = inputs.switches;
    report = terminalReport({ quiet, json });
    listenToSignals(report);
    crashAt(variable("SLUICE_CRASH_AT"));
    const code = await story({
      ...inputs,
      settings,
      options: {
        warehouse: inputs.texts.warehouse,
        force: inputs.switches.force,
        again: inputs.switches.again,
        replace: inputs.switches.replace,
        allow_empty: inputs.switches["allow-empty"],
      },
      report,
    });
    Deno.exit(code ?? 0);
  } catch (error) {
    report.fail(error);
    Deno.exit((error as { exit_code?: number }).exit_code ?? 1);
  }
}

/** An open transaction is void once the process is gone: leaving at once is safe. */
function listenToSignals(report: TerminalReport): void {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => {
      report.fail(
        new Error(
          `Interrupted by ${signal}: nothing half-made is kept; run it again to go on`,
        ),
      );
      Deno.exit(code);
    });
  }
}

/** The comment at the top of the task's own file, and its flags. */
async function help(usage: Usage): Promise<string> {
  const text = await Deno.readTextFile(new URL(Deno.mainModule));
  const comment = text.match(/^\/\*\*([\s\S]*?)\*\//)?.[1] ?? "";
  const lines = comment.split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n").trim();
  const flags = Object.values({ ...usage.flags, ...COMMON_FLAGS })
    .map((flag) => `  ${flag.help}`).join("\n");
  return `${lines}\n\n${flags}`;
}
