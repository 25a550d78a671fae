/** Finds the batches of a job: lands what has arrived, and says which are not loaded. */
import { readLines } from "../bytes/read_lines.ts";
import type { Arrival } from "../store/arrivals.ts";
import { batchInstant, instantName } from "../store/batch_name.ts";
import { land } from "../store/land.ts";
import type { Store } from "../store/store.ts";
import type { Context } from "./context.ts";
import { watchedBytes } from "./watched.ts";
import type { Ledger } from "./ledger.ts";
import type { LoadingFeed } from "./load_batches.ts";
import type { Feed } from "./run_job.ts";
import { stepLine } from "./run_folder.ts";
import { step } from "./step.ts";

/** An object may be seen in a listing this much later than its name says. */
const LATE_MS = 2 * 24 * 3600 * 1000;

/** The size and time of a file are believed when it had rested this long. */
const RESTED_MS = 2_000;

/** Lands the arrivals of every feed; `waiting` then tells what is to be loaded. */
export async function findBatches(
  { ledger, store, feeds, context }: {
    ledger: Ledger;
    store: Store;
    feeds: Record<string, Feed>;
    context: Context;
  },
): Promise<{ waiting: () => Promise<LoadingFeed[]> }> {
  const { report } = context;
  const listed = new Map<string, { from: string; batches: string[] }>();
  const asked_again = new Set<string>();
  let recreated = 0;
  let is_new = true;
  for (const feed of Object.keys(feeds)) {
    const newest = await ledger.newestMerged(feed);
    const from = newest
      ? instantName((batchInstant(newest) ?? 0) - LATE_MS)
      : "";
    const batches: string[] = [];
    for await (const key of store.list(feed, `${feed}/${from}`)) {
      const name = key.slice(feed.length + 1);
      if (batchInstant(name) !== undefined) batches.push(name);
    }
    listed.set(feed, { from, batches });
    recreated += batches.length;
    if (newest || (await ledger.states(feed, "")).size) is_new = false;
  }
  if (is_new && recreated) {
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
    waiting: async () => {
      const waiting: LoadingFeed[] = [];
      for (const [feed, { read = readLines }] of Object.entries(feeds)) {
        const { from, batches } = listed.get(feed)!;
        const states = await ledger.states(feed, from);
        const taken_back = await ledger.takenBack(feed);
        const welcome = (batch: string) =>
          context.options.allow_empty && asked_again.has(`${feed}/${batch}`) &&
          states.get(batch) === "set_aside";
        const wanted = batches.filter((batch) =>
          !states.has(batch) || welcome(batch) ||
          isLost(ledger, states.get(batch))
        );
        waiting.push({
          feed,
          store,
          read,
          batches: [...new Set([...taken_back, ...wanted])].sort(),
          known: new Set([...states.keys(), ...taken_back]),
          staged: await stagedBefore(ledger, feed, states),
        });
      }
      return waiting;
    },
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
  return [...new Set([...await ledger.staged(feed), ...without_end])].sort();
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
  const rested = Date.now() - Date.parse(arrival.source_modified_at);
  return last !== undefined && rested > RESTED_MS &&
    Number(last.source_bytes) === arrival.source_bytes &&
    last.source_modified_at === arrival.source_modified_at;
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
  const place = {
    store,
    feed,
    batches: listed.get(feed)!.batches,
    withDigest: (sha256: string) => ledger.withDigest(feed, sha256),
    again: context.options.again ?? false,
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
