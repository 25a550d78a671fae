/** Reads the command line and the environment; no other file does. */
import { parseArgs } from "@std/cli/parse-args";
import { nearest } from "./nearest.ts";

/** A flag: `text` takes a value, `switch` none. */
export interface Flag {
  kind: "switch" | "text";
  /** One line for `--help`; the value's name in angle brackets. */
  help: string;
}

/** What a task takes. */
export interface Usage {
  /** Names for people, such as `<rides file>`. */
  arguments?: string[];
  /** How many arguments are right; all of `arguments` when left out. */
  counts?: number[] | "any" | { least: number };
  flags?: Record<string, Flag>;
}

/** What a task was given. */
export interface Inputs {
  arguments: string[];
  switches: Record<string, boolean>;
  texts: Record<string, string | undefined>;
}

/** The command line or a setting is wrong; nothing has happened yet. */
export class UsageError extends Error {
  readonly exit_code = 64;
  override name = "UsageError";
}

/** Flags that every task has. */
export const COMMON_FLAGS: Record<string, Flag> = {
  help: { kind: "switch", help: "--help               this text" },
  quiet: {
    kind: "switch",
    help: "--quiet              print nothing unless it fails",
  },
  json: {
    kind: "switch",
    help: "--json               print the result as JSON on stdout",
  },
};

/** Flags that every job has. */
export const JOB_FLAGS: Record<string, Flag> = {
  warehouse: {
    kind: "text",
    help: "--warehouse <name>   sqlite, postgres or bigquery",
  },
  force: {
    kind: "switch",
    help: "--force              run the SQL folder although nothing is new",
  },
  again: {
    kind: "switch",
    help: "--again              land the given files although they were before",
  },
  "allow-empty": {
    kind: "switch",
    help:
      "--allow-empty        accept no lines, or far fewer than the last time",
  },
};

/** Flags of a job that asks an API: there is nothing to land a second time. */
export const API_JOB_FLAGS: Record<string, Flag> = {
  warehouse: JOB_FLAGS.warehouse,
  force: JOB_FLAGS.force,
  "allow-empty": JOB_FLAGS["allow-empty"],
};

/** Of jobs whose batches have a name, such as a day. */
export const REPLACE_FLAG: Record<string, Flag> = {
  replace: {
    kind: "switch",
    help: "--replace            land a file although its day has other bytes",
  },
};

/** Parses the command line by what the task takes. */
export function readInputs(usage: Usage): Inputs {
  const flags = { ...usage.flags, ...COMMON_FLAGS };
  const names = Object.keys(flags);
  const isKind = (kind: Flag["kind"]) =>
    names.filter((name) => flags[name].kind === kind);
  const parsed = parseArgs(Deno.args, {
    boolean: isKind("switch"),
    string: [...isKind("text"), "_"],
    unknown: (text: string, name?: string) => {
      if (name === undefined) return true;
      const best = nearest(name, names);
      throw new UsageError(
        `Cannot start: expected one of ${
          names.map((known) => `--${known}`).join(", ")
        }, found "${text}": did you mean --${best}?`,
      );
    },
  });
  const given = parsed._.map(String);
  const inputs: Inputs = {
    arguments: given,
    switches: Object.fromEntries(
      isKind("switch").map((name) => [name, parsed[name] === true]),
    ),
    texts: Object.fromEntries(
      isKind("text").map((name) => {
        if (parsed[name] === "") {
          throw new UsageError(
            `Cannot start: expected a value after --${name}, found none`,
          );
        }
        return [name, parsed[name] as string | undefined];
      }),
    ),
  };
  if (!inputs.switches.help) checkCount(usage, given);
  return inputs;
}

function checkCount(usage: Usage, given: string[]): void {
  const wanted = usage.arguments ?? [];
  const counts = usage.counts ?? [wanted.length];
  const is_right = counts === "any" ||
    (Array.isArray(counts)
      ? counts.includes(given.length)
      : given.length >= counts.least);
  if (is_right) return;
  throw new UsageError(
    `Cannot start: expected ${
      wanted.length ? wanted.join(" ") : "no arguments"
    }, found ${
      given.length ? given.map((one) => `"${one}"`).join(" ") : "none"
    }: see --help`,
  );
}

let dotenv: Map<string, string> | undefined;

/** A variable of the environment, or else of `.env`; empty counts as not set. */
export function variable(name: string): string | undefined {
  return Deno.env.get(name) || dotenvValue(name);
}

function dotenvValue(name: string): string | undefined {
  dotenv ??= readDotenv();
  return dotenv.get(name) || undefined;
}

/**
 * A variable of one pipeline only. A job that is a folder and nothing else has
 * none, until the task's set of permissions in deno.json names it.
 */
export function ownVariable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? variable(name) : dotenvValue(name);
}

/** A variable without which the task cannot start. */
export function requiredVariable(name: string, hint: string): string {
  const value = variable(name);
  if (value) return value;
  throw new UsageError(
    `Cannot start: environment variable "${name}" is not set: ${hint}`,
  );
}

/** Names in `.env` that `.env.example` does not know, each with the nearest it knows. */
export function unknownSettings(): { name: string; nearest?: string }[] {
  dotenv ??= readDotenv();
  const example = Deno.readTextFileSync(".env.example");
  const known = [...example.matchAll(/^#?([A-Z]\w*)=/gm)].map(([, name]) =>
    name
  );
  return [...dotenv.keys()]
    .filter((name) => !known.includes(name) && !/^(AWS|PG|GOOGLE)/.test(name))
    .map((name) => ({ name, nearest: nearest(name, known) }));
}

/** A path as the user typed it, from the folder in which the task was started. */
export function givenPath(path: string): string {
  const started_in = Deno.env.get("INIT_CWD");
  const is_address = /^(https?|s3|file):/.test(path);
  if (
    is_address || path.startsWith("/") || !started_in ||
    started_in === Deno.cwd()
  ) {
    return path;
  }
  return `${started_in}/${path}`;
}

function readDotenv(): Map<string, string> {
  const values = new Map<string, string>();
  let text: string;
  try {
    text = Deno.readTextFileSync(".env");
  } catch {
    return values;
  }
  for (const line of text.split("\n")) {
    const match = line.match(
      /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(?:"([^"]*)"|'([^']*)'|(.*?))\s*$/,
    );
    if (match) values.set(match[1], match[2] ?? match[3] ?? match[4]);
  }
  values.forEach(shareWithSdk);
  return values;
}

/** The SDK of a store asks the environment itself, which wins over `.env`. */
function shareWithSdk(value: string, name: string): void {
  const asked = { name: "env", variable: name } as const;
  const may = name.startsWith("AWS_") &&
    Deno.permissions.querySync(asked).state === "granted";
  if (may && !Deno.env.get(name)) Deno.env.set(name, value);
}
