/** Tells people on stderr and programs on stdout what a task does. */
import type { Progress, Report } from "../run/context.ts";
import { variable } from "./inputs.ts";
import { redact } from "./redact.ts";
import { table } from "./table.ts";

const encoder = new TextEncoder();

/** Work that is done sooner gets no bar. */
const BAR_AFTER_MS = 1000;
const BAR_EVERY_MS = 100;

/** A report to this terminal; `fail` ends it with an error. */
export interface TerminalReport extends Report {
  fail(error: unknown): void;
}

/** Makes the report of a task by its `--quiet` and `--json`. */
export function terminalReport(
  { quiet, json }: { quiet: boolean; json: boolean },
): TerminalReport {
  // What a quiet run keeps to itself is shown when it fails.
  const kept: string[] = [];
  const tell = (text: string) => {
    if (quiet) kept.push(text);
    else print(Deno.stderr, text);
  };
  return {
    line: tell,
    warn: (text) => tell(`warning: ${text}`),
    table: (title, rows) => tell(`\n${title}\n${table(rows)}\n`),
    progress: (label, total) =>
      quiet || !Deno.stderr.isTerminal() ? NO_PROGRESS : bar(label, total),
    result: (value) => {
      if (json) print(Deno.stdout, jsonText(value));
    },
    fail: (error) => {
      for (const text of kept) print(Deno.stderr, text);
      print(Deno.stderr, errorText(error));
    },
  };
}

/** Writes a line, whole; false when nobody reads any more, as after `| head`. */
export function print(
  target: { writeSync(bytes: Uint8Array): number },
  text: string,
): boolean {
  const bytes = encoder.encode(`${redact(text)}\n`);
  try {
    for (let at = 0; at < bytes.length;) {
      at += target.writeSync(bytes.subarray(at));
    }
    return true;
  } catch (error) {
    // A run must not fail because its output is no longer looked at.
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}

/** JSON on one line; whole numbers of any size stay exact. */
export function jsonText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item) =>
      // deno-lint-ignore no-explicit-any
      typeof item === "bigint" ? (JSON as any).rawJSON(String(item)) : item,
  );
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return `error: ${error}`;
  const missing = notAllowed(error);
  const stack = variable("DEBUG") ? `\n${error.stack}` : "";
  const color = Deno.stderr.isTerminal() && !Deno.noColor;
  const head = color ? "\x1b[31merror:\x1b[0m" : "error:";
  return `${head} ${error.message}${missing}${stack}`;
}

/** A permission set names the hosts and files of a user's own, too. */
function notAllowed(error: Error): string {
  for (
    let cause: unknown = error;
    cause instanceof Error;
    cause = cause.cause
  ) {
    const what = cause.message.match(
      /Requires (\w+) access(?: to "([^"]*)")?/,
    );
    if (what) {
      return `\n  add "${what[2] ?? true}" to "${
        what[1]
      }" of this task's set under "permissions" in deno.json`;
    }
  }
  return "";
}

const NO_PROGRESS: Progress = { add() {}, end() {} };

/** Drawn by a clock: what takes long may have nothing to count. */
function bar(label: string, total?: number): Progress {
  const start = performance.now();
  let bytes = 0;
  let rows = 0;
  let drawn = false;
  const timer = setInterval(() => {
    const seconds = (performance.now() - start) / 1000;
    if (seconds * 1000 < BAR_AFTER_MS) return;
    drawn = true;
    write([
      label,
      ...(total ? shareDone(bytes / total, seconds) : []),
      ...(bytes ? [`${(bytes / 1e6).toFixed(0)} MB`] : []),
      ...(rows ? [`${rows.toLocaleString("en")} rows`] : []),
      ...(total ? [] : [`${Math.floor(seconds)} s`]),
    ].join("  "));
  }, BAR_EVERY_MS);
  return {
    add: (more, more_rows = 0) => {
      bytes += more;
      rows += more_rows;
    },
    end: () => {
      clearInterval(timer);
      if (drawn) write("");
    },
  };
}

function shareDone(done: number, seconds: number): string[] {
  const share = Math.min(done, 1);
  const full = Math.round(share * 20);
  const left = share ? Math.ceil(seconds / share - seconds) : undefined;
  return [
    `[${"#".repeat(full)}${".".repeat(20 - full)}] ${
      Math.floor(share * 100)
    } %`,
    ...(left === undefined ? [] : [`${left} s left`]),
  ];
}

function write(text: string): void {
  // Longer than a line it could not be erased again.
  const columns = Deno.consoleSize().columns || 80;
  Deno.stderr.writeSync(
    encoder.encode(`\r\x1b[K${text.slice(0, columns - 1)}`),
  );
}
