/** What archive and restore jobs take on the command line. */
import type { ArchiveOptions } from "../run/archive_job.ts";
import type { RestoreChoice } from "../run/restore_job.ts";
import { type Flag, type Inputs, JOB_FLAGS, UsageError } from "./inputs.ts";

/** Flags of a job that archives. */
export const ARCHIVE_FLAGS: Record<string, Flag> = {
  warehouse: JOB_FLAGS.warehouse,
  "older-than": {
    kind: "text",
    help: "--older-than <days>  instead of the retention in the settings table",
  },
  "as-of": {
    kind: "text",
    help: "--as-of <instant>    count from this day or instant, not from now",
  },
  limit: {
    kind: "text",
    help: "--limit <rows>       at most so many, the oldest first",
  },
  "dry-run": {
    kind: "switch",
    help: "--dry-run            tell what would go, and change no row",
  },
  verify: {
    kind: "switch",
    help:
      "--verify             read the archive and compare it with its receipts",
  },
};

/** Flags of a job that restores. */
export const RESTORE_FLAGS: Record<string, Flag> = {
  warehouse: JOB_FLAGS.warehouse,
  day: { kind: "text", help: "--day <day>          the objects of one day" },
  from: { kind: "text", help: "--from <day>         the first day of a range" },
  to: { kind: "text", help: "--to <day>           the last day of a range" },
  object: { kind: "text", help: "--object <key>       one object" },
  drill: {
    kind: "switch",
    help:
      "--drill              restore aside, compare with the receipts, drop it",
  },
};

/** Two thousand years: further back databases have no instants. */
const DAYS = { least: 0, most: 730_000 };
const ROWS = { least: 1, most: 1e12 };

/** What the archive flags say. */
export function archiveOptions({ texts, switches }: Inputs): ArchiveOptions {
  if (switches.verify) refuseOthers({ texts, switches });
  return {
    as_of: instant("as-of", texts["as-of"]),
    older_than_days: wholeNumber("older-than", texts["older-than"], DAYS),
    row_limit: wholeNumber("limit", texts.limit, ROWS),
    is_dry_run: switches["dry-run"],
  };
}

/** It reads what is archived, whatever is old now. */
function refuseOthers({ texts, switches }: Omit<Inputs, "arguments">): void {
  const others = ["older-than", "as-of", "limit", "dry-run"]
    .filter((flag) => texts[flag] !== undefined || switches[flag]);
  if (!others.length) return;
  throw new UsageError(
    `Cannot start: expected --verify alone, which reads the whole archive, found ${
      others.map((flag) => `--${flag}`).join(", ")
    } as well`,
  );
}

/** What the restore flags say; a drill without any of them takes everything. */
export function restoreChoice({ texts, switches }: Inputs): RestoreChoice {
  const { object } = texts;
  const on = day("day", texts.day);
  const from = day("from", texts.from);
  const to = day("to", texts.to);
  const ways = [object, on, from ?? to].filter((one) => one !== undefined);
  if (ways.length === 1) return { object, from: on ?? from, to: on ?? to };
  if (!ways.length && switches.drill) return {};
  throw new UsageError(
    `Cannot start: expected one of --day, --from with --to, or --object, found ${
      ways.length ? "several" : "none"
    }: see --help`,
  );
}

function wholeNumber(
  flag: string,
  text: string | undefined,
  { least, most }: { least: number; most: number },
): number | null {
  if (text === undefined) return null;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(
    `Cannot start: expected --${flag} to be a whole number from ${least} to ${most}, found "${text}"`,
  );
}

function instant(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const is_day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const is_instant =
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/
      .test(text);
  const date = new Date(text);
  const is_there = exists(text.slice(0, 10)) && !isNaN(date.getTime());
  if ((is_day || is_instant) && is_there) {
    // A date has milliseconds only.
    const fraction = text.match(/\.(\d+)/)?.[1] ?? "";
    return `${date.toISOString().slice(0, 20)}${fraction.padEnd(3, "0")}Z`;
  }
  throw new UsageError(
    `Cannot start: expected --${flag} to be like "2026-01-31" or "2026-01-31T06:12:00Z", found "${text}"`,
  );
}

function day(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || exists(text)) return text;
  throw new UsageError(
    `Cannot start: expected --${flag} to be a day like "2026-01-31", found "${text}"`,
  );
}

/** JavaScript takes the 31st of February for a day of March. */
function exists(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text;
}
