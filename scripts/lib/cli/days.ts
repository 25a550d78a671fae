/** Which days a task is about: one, or those of a range, oldest first. */
import { isMissing } from "../net/remote_file.ts";
import { type Flag, type Inputs, UsageError } from "./inputs.ts";
import type { Task } from "./main.ts";

const DAY_MS = 24 * 3600 * 1000;
/** Where in an address the day goes, as 20210403. */
const PLACE = "{yyyymmdd}";

/** Flags of a task that loads files by day. */
export const DAY_FLAGS: Record<string, Flag> = {
  date: {
    kind: "text",
    help: "--date <day>         the day of the file, as 2021-04-03",
  },
  from: {
    kind: "text",
    help: `--from <day>         the first of several days: one ${PLACE} each`,
  },
  to: { kind: "text", help: "--to <day>           the last of them" },
  "skip-missing": {
    kind: "switch",
    help: "--skip-missing       go on when there is no file of a day",
  },
};

/** A file, its day as `2021-04-03`, and how that is known. */
export interface DayFile {
  source: string;
  day: string;
  /** For people: `product.csv, 2021-04-03`. */
  said: string;
}

/** The file of the day, or of each day, that the command line names. */
export function dayFiles(
  source: string,
  { texts: { date, from, to } }: Pick<Inputs, "texts">,
): DayFile[] {
  const has_place = source.includes(PLACE);
  if (from === undefined && to === undefined) {
    const given = givenDay({ texts: { date } });
    const day = given ?? dayInName(source) ?? today();
    const file = fileOf(source, day);
    const is_told = given !== undefined || dayInName(source) !== undefined;
    if (is_told) return [file];
    const why = has_place
      ? "today in UTC"
      : "its name has no day: a full delivery of today in UTC";
    return [{ ...file, said: `${file.said}, ${why}` }];
  }
  if (from === undefined || to === undefined || date !== undefined) {
    throw new UsageError(
      "Cannot start: expected --date alone, or --from and --to, found another choice of them",
    );
  }
  if (!has_place) {
    throw new UsageError(
      `Cannot start: expected ${PLACE} in the file or URL of several days, found none: a name such as products_${PLACE}.csv`,
    );
  }
  const first = Date.parse(readDay("from", from));
  const last = Date.parse(readDay("to", to));
  if (first > last) {
    throw new UsageError(
      `Cannot start: expected --from to be no later than --to, found ${from} and ${to}`,
    );
  }
  const count = (last - first) / DAY_MS + 1;
  return Array.from(
    { length: count },
    (_, i) => fileOf(source, isoDay(first + i * DAY_MS)),
  );
}

/** The day of `--date`, as `2021-04-03`, if it is given. */
export function givenDay(
  { texts: { date } }: Pick<Inputs, "texts">,
): string | undefined {
  return date === undefined ? undefined : readDay("date", date);
}

/**
 * Does the work of each day, oldest first. It stops at the first that fails:
 * what is before it is done, and no day is missing without a word.
 */
export async function eachDay(
  files: DayFile[],
  { report, switches }: Pick<Task, "report" | "switches">,
  work: (file: DayFile) => Promise<void>,
): Promise<void> {
  for (const file of files) {
    try {
      await work(file);
    } catch (error) {
      if (!switches["skip-missing"] || !isMissing(error)) throw error;
      report.warn(`${(error as Error).message}: left out`);
    }
  }
}

function fileOf(source: string, day: string): DayFile {
  const own = source.replaceAll(PLACE, day.replaceAll("-", ""));
  return { source: own, day, said: `${nameOf(own)}, ${day}` };
}

/** The last part of a path or an address; what stands after a "?" may be a secret. */
function nameOf(source: string): string {
  return source.replace(/[?#].*/, "").replace(/\/+$/, "").replace(/^.*\//, "");
}

/** The one day that the name says; a number that looks like one must be one. */
function dayInName(source: string): string | undefined {
  const found = [
    ...nameOf(source).matchAll(/(?<!\d)(\d{4})-?(\d\d)-?(\d\d)(?!\d)/g),
  ].map(([text, year, month, day]) => ({
    text,
    day: `${year}-${month}-${day}`,
  }));
  if (!found.length) return undefined;
  if (found.length === 1 && exists(found[0].day)) return found[0].day;
  throw new UsageError(
    `Cannot start: expected one day in the name "${nameOf(source)}", found ${
      found.map(({ text }) => text).join(" and ")
    }: give it with --date`,
  );
}

function readDay(flag: string, text: string): string {
  const day = text.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
  if (/^\d{4}-\d\d-\d\d$/.test(day) && exists(day)) return day;
  throw new UsageError(
    `Cannot start: expected --${flag} to be a day like 2021-04-03, found "${text}"`,
  );
}

function exists(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && isoDay(at) === day;
}

function isoDay(at_ms: number): string {
  return new Date(at_ms).toISOString().slice(0, 10);
}

function today(): string {
  return isoDay(Date.now());
}
