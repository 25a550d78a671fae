/** Finds the batches of a job: lands what has arrived, and says which are not loaded. */
import { reader } from "../bytes/formats.ts";
import type { Api } from "../net/json_api.ts";
import type { Arrival } from "../store/arrivals.ts";
import { batchInstant, batchLabel, instantName } from "../store/batch_name.ts";
import { land } from "../store/land.ts";
import type { Namesake } from "../store/namesakes.ts";
import type { Store } from "../store/store.ts";
import type { Context } from "./context.ts";
import { answerFeed, landAnswers } from "./land_answers.ts";
import type { Ledger } from "./ledger.ts";
import type { LoadingFeed } from "./load_batches.ts";
import { recordAllRefused, recordRefused } from "./refuse_batch.ts";
import { stepLine } from "./run_folder.ts";
import type { Feed } from "./run_job.ts";
import { namesakesIn } from "./same_content.ts";
import { step } from "./step.ts";
import { stagedBatches } from "./tables.ts";
import { watchedBytes } from "./watched.ts";

/** An object may be seen in a listing this much later than its name says. */
const LATE_MS = 2 * 24 * 3600 * 1000;

/** The size and time of a file are believed when it had rested this long. */
const RESTED_MS = 2_000;

/** A batch in one of these states will not be merged by the next run. */
const DONE = ["merged", "readmitted", "repeated", "set_aside"];

/** What a store was seen to hold of a feed. */
interface Listed {
  from: string;
  batches: string[];
  /** How many they were before this run landed more. */
  before: number;
  /** The ledger knows nothing of the feed. */
  is_new: boolean;
}

/** What findBatches has found. */
export interface Found {
  /** What is to be loaded, as it stands when it is asked. */
  waiting: () => Promise<LoadingFeed[]>;
  /** What could not be landed, or must not be loaded. */
  failures: Error[];
}

/** Lands the arrivals of every feed; `waiting` then tells what is to be loaded. */
export async function findBatches(
  { ledger, store, feeds, context }: {
    ledger: Ledger;
    store: Store;
    feeds: Record<string, Feed>;
    context: Context;
  },
): Promise<Found> {
  const { report } = context;
  const listed = new Map<string, Listed>();
  const asked_again = new Set<string>();
  const failures: Error[] = [];
  const place = { ledger, store, context, listed, asked_again, failures };
  for (const [feed, { api }] of Object.entries(feeds)) {
    if (api) await landFrom(api, feed, place);
    else await list(feed, place);
  }
  const all = [...listed.values()];
  const recreated = all.reduce((sum, { before }) => sum + before, 0);
  if (recreated && all.every(({ is_new }) => is_new)) {
    report.line(
      `${ledger.warehouse.label} is new: re-created from ${recreated} landed batches in ${store.label}`,
    );
  }
  for (const [feed, { arrivals }] of Object.entries(feeds)) {
    for await (const arrival of arrivals?.(waits(report.line)) ?? []) {
      if (await isKnown(ledger, feed, arrival)) continue;
      const landed = await landOne(
        { ledger, store, feed, listed, context },
        arrival,
      );
      if (landed.is_new) continue;
      asked_again.add(`${feed}/${landed.batch}`);
    }
  }
  return {
    failures,
    waiting: async () => {
      const waiting: LoadingFeed[] = [];
      for (const [feed, { header }] of Object.entries(feeds)) {
        waiting.push(await waitingOf(feed, reader(header), place));
      }
      return waiting;
    },
  };
}

/** What is the same for every feed of a run. */
interface Place {
  ledger: Ledger;
  store: Store;
  context: Context;
  listed: Map<string, Listed>;
  asked_again: Set<string>;
  failures: Error[];
}

/** Looks at the store, from some days before the newest merged batch on. */
async function list(
  feed: string,
  { ledger, store, listed }: Place,
): Promise<Listed> {
  const newest = await ledger.newestMerged(feed);
  const from = newest ? instantName((batchInstant(newest) ?? 0) - LATE_MS) : "";
  const batches = await batchesFrom(store, feed, from);
  const is_new = !newest && !(await ledger.states(feed, "")).size;
  const found = { from, batches, before: batches.length, is_new };
  listed.set(feed, found);
  return found;
}

/** The names of the batches of a feed, in order. */
export async function batchesFrom(
  store: Store,
  feed: string,
  from: string,
): Promise<string[]> {
  const batches: string[] = [];
  for await (const key of store.list(feed, `${feed}/${from}`)) {
    const name = key.slice(feed.length + 1);
    if (batchInstant(name) !== undefined) batches.push(name);
  }
  return batches;
}

/** Lands what an API gives, and what it gave before. */
async function landFrom(
  api: Api,
  feed: string,
  place: Place,
): Promise<void> {
  const { ledger, store, context, listed, asked_again, failures } = place;
  let states = new Map<string, string>();
  const found = await landAnswers(
    answerFeed({ job: ledger.run.job, feed, api, store, context }),
    {
      listed: async () => {
        const { from, batches } = await list(feed, place);
        states = await ledger.states(feed, from);
        return batches;
      },
      withDigest: (sha256) => ledger.withDigest(feed, sha256),
      isDone: (batch) => DONE.includes(states.get(batch) ?? ""),
      onRefused: async (refused) => {
        await recordRefused(ledger, feed, refused);
        return true;
      },
    },
  );
  failures.push(...found.failures);
  for (const { batch, is_new } of found.landed) {
    if (is_new) continue;
    asked_again.add(`${feed}/${batch}`);
    if (states.get(batch) !== "set_aside" || context.options.allow_empty) {
      continue;
    }
    failures.push(
      new Error(
        `Cannot load the answer of ${api.source}: expected other bytes than those of ${batch}, which is set aside, found the same: deno task batches take-back ${ledger.run.job} ${batch}`,
      ),
    );
  }
  if (listed.get(feed)!.is_new) await recordAllRefused(ledger, feed, store);
}

async function waitingOf(
  feed: string,
  read: LoadingFeed["read"],
  { ledger, store, context, listed, asked_again }: Place,
): Promise<LoadingFeed> {
  const { from, batches } = listed.get(feed)!;
  const states = await ledger.states(feed, from);
  const objects = await ledger.takenBack(feed);
  const welcome = (batch: string) =>
    context.options.allow_empty && asked_again.has(`${feed}/${batch}`) &&
    states.get(batch) === "set_aside";
  const wanted = batches.filter((batch) =>
    !states.has(batch) || welcome(batch) ||
    isLost(ledger, states.get(batch))
  );
  return {
    feed,
    store,
    read,
    batches: [...new Set([...objects.keys(), ...wanted])].sort(),
    objects,
    known: new Set([...states.keys(), ...objects.keys()]),
    staged: await stagedBefore(ledger, feed, states),
  };
}

/** Staged by a run that died, in a warehouse whose staging died with it. */
function isLost({ warehouse }: Ledger, state: string | undefined): boolean {
  return state === "staged" && !warehouse.keeps_staging;
}

/** What a run left that died between its load and its end; some may have no row. */
async function stagedBefore(
  ledger: Ledger,
  feed: string,
  states: Map<string, string>,
): Promise<string[]> {
  if (!ledger.warehouse.keeps_staging) return [];
  const without_end = [...states].filter(([, state]) => state === "staged")
    .map(([batch]) => batch);
  const { job } = ledger.run;
  const staged = await stagedBatches(ledger.warehouse, { job, feed });
  return [...new Set([...staged, ...without_end])].sort();
}

function waits(line: (text: string) => void) {
  return (source: string, reason: string) => line(`${source} waits: ${reason}`);
}

/** An inbox is read again and again; what had rested and is unchanged is known. */
async function isKnown(
  ledger: Ledger,
  feed: string,
  arrival: Arrival,
): Promise<boolean> {
  if (!arrival.is_known_by_stat) return false;
  const last = await ledger.lastFrom(feed, arrival.source);
  const rested = Date.now() - Date.parse(arrival.source_modified_at ?? "");
  return last !== undefined && rested > RESTED_MS &&
    Number(last.source_bytes) === arrival.source_bytes &&
    last.source_modified_at === arrival.source_modified_at;
}

/** Those that the ledger knows, and those that only the store does by now. */
async function namesakes(
  label: string,
  { ledger, store, feed, batches }: {
    ledger: Ledger;
    store: Store;
    feed: string;
    batches: string[];
  },
): Promise<Namesake[]> {
  const known = (await namesakesIn(ledger, feed)).get(label) ?? [];
  const others = batches.filter((batch) =>
    batchLabel(batch) === label && !known.some((one) => one.batch === batch)
  );
  const landed = await Promise.all(others.map(async (batch) => {
    const { sha256 = "" } = await store.head(`${feed}/${batch}`) ?? {};
    return { batch, sha256, is_set_aside: false };
  }));
  return [...known, ...landed].sort((one, other) =>
    one.batch < other.batch ? -1 : 1
  );
}

async function landOne(
  { ledger, store, feed, listed, context }: {
    ledger: Ledger;
    store: Store;
    feed: string;
    listed: Map<string, { batches: string[] }>;
    context: Context;
  },
  arrival: Arrival,
) {
  const { report } = context;
  const progress = report.progress(arrival.source, arrival.source_bytes);
  const watched = {
    ...arrival,
    open: () => watchedBytes(arrival.open(), progress),
  };
  const { batches } = listed.get(feed)!;
  const place = {
    store,
    feed,
    batches,
    withDigest: (sha256: string) => ledger.withDigest(feed, sha256),
    namesakes: (label: string) =>
      namesakes(label, { ledger, store, feed, batches }),
    again: context.options.again ?? false,
    replace: context.options.replace ?? false,
  };
  return await step(
    `land ${feed}`,
    () => land(place, watched).finally(progress.end),
    ({ is_new, batch }, milliseconds) => {
      const { source } = arrival;
      const name = `${feed}/${batch}`;
      report.line(
        is_new
          ? stepLine(`landed ${source} as ${name}`, milliseconds)
          : `${source} is landed already, as ${name}: nothing to do (--again insists)`,
      );
    },
  );
}
