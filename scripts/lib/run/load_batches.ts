/** Loads landed batches into staging, each whole or not at all. */
import { ahead } from "../bytes/ahead.ts";
import type { Lines } from "../bytes/lines.ts";
import type { ObjectHead, Store } from "../store/store.ts";
import type { Report } from "./context.ts";
import type { Happening, Ledger } from "./ledger.ts";
import { type BatchCount, loadTogether } from "./load_together.ts";
import { landedEvent, setAside } from "./refuse_batch.ts";
import { stepLine } from "./run_folder.ts";
import { judgeContent } from "./same_content.ts";
import { step } from "./step.ts";

const BATCHES_PER_LOAD = 1000;
const BYTES_PER_LOAD = 64 * 1024 * 1024;
/** How many objects are looked for at a time. */
const HEADS_AHEAD = 16;
/** More batches than these are told of in one line. */
const LINES_MAX = 10;

/** A feed whose batches are to be loaded. */
export interface LoadingFeed {
  feed: string;
  store: Store;
  /** Makes lines of the bytes of an object, which its note may give a format. */
  read: (
    source: AsyncIterable<Uint8Array>,
    format?: string,
  ) => AsyncGenerator<Lines>;
  batches: string[];
  /** Where batches are whose object is not called as the feed and the batch. */
  objects?: Map<string, string>;
  /** Batches that the ledger knows as landed already. */
  known: Set<string>;
  /** Batches that an earlier run has staged and not merged. */
  staged?: string[];
}

/** Where to load, and what to accept. */
export interface Loading {
  ledger: Ledger;
  report: Report;
  allow_empty: boolean;
  /** What was loaded once is loaded again: it is not judged a second time. */
  is_replay?: boolean;
}

/** What is staged now, and what could not be. */
export interface Loaded {
  /** Those of an earlier run included. */
  batches: { feed: string; batch: string }[];
  line_count: number;
  byte_count: number;
  failures: Error[];
}

/** A batch that waits to be loaded, and its object. */
export interface Waiting {
  feed: LoadingFeed;
  batch: string;
  object: string;
  head: ObjectHead;
}

/** Loads the batches of all feeds, oldest first, several in one transaction. */
export async function loadBatches(
  feeds: LoadingFeed[],
  loading: Loading,
): Promise<Loaded> {
  const loaded: Loaded = {
    batches: [],
    line_count: 0,
    byte_count: 0,
    failures: [],
  };
  for (const feed of feeds) {
    for (const batch of feed.staged ?? []) {
      loaded.batches.push({ feed: feed.feed, batch });
    }
    let group: Waiting[] = [];
    let bytes = 0;
    const found = ahead(
      feed.batches,
      HEADS_AHEAD,
      (batch) => find(feed, batch),
    );
    for await (const waiting of found) {
      if (waiting instanceof Error) {
        loaded.failures.push(waiting);
        continue;
      }
      const size = waiting.head.bytes;
      if (
        group.length === BATCHES_PER_LOAD ||
        group.length && bytes + size > BYTES_PER_LOAD
      ) {
        await loadGroup(group, loading, loaded);
        group = [];
        bytes = 0;
      }
      group.push(waiting);
      bytes += size;
    }
    if (group.length) await loadGroup(group, loading, loaded);
  }
  return loaded;
}

/** An object that is gone does not keep the others waiting. */
async function find(
  feed: LoadingFeed,
  batch: string,
): Promise<Waiting | Error> {
  const object = feed.objects?.get(batch) ?? `${feed.feed}/${batch}`;
  const head = await feed.store.head(object);
  return head ? { feed, batch, object, head } : new Error(
    `Cannot load ${object}: expected it in ${feed.store.label}, found nothing there: bring it back, or set the batch ${batch} aside`,
  );
}

/** One transaction; a batch that cannot be loaded leaves the others alone. */
async function loadGroup(
  group: Waiting[],
  loading: Loading,
  loaded: Loaded,
): Promise<void> {
  const { ledger } = loading;
  let rest = group;
  while (rest.length) {
    const { repeated, refused } = await judgeContent(rest, loading);
    const fresh = rest.filter((waiting) =>
      !repeated.has(waiting) && !refused.has(waiting)
    );
    const attempt = loadTogether(fresh, loading);
    await ledger.warehouse.begin();
    try {
      await attempt.load();
      await ledger.add([
        ...repeated.values(),
        ...attempt.counts.map(stagedEvents),
      ].flat());
      await step("commit load", () => ledger.warehouse.commit());
    } catch (error) {
      await ledger.warehouse.rollback();
      if (!attempt.current) throw error;
      loaded.failures.push(await setAside(ledger, attempt.current, error));
      rest = rest.filter((waiting) => waiting !== attempt.current);
      continue;
    }
    tell(loading, { counts: attempt.counts, repeated });
    for (const { waiting, lines } of attempt.counts) {
      const { feed: { feed, known }, batch, head } = waiting;
      loaded.batches.push({ feed, batch });
      loaded.line_count += lines;
      if (!known.has(batch)) loaded.byte_count += head.bytes;
    }
    const unfit = [...refused].map(([waiting, error]) => ({ waiting, error }));
    for (const { waiting, error } of [...unfit, ...attempt.unfit]) {
      loaded.failures.push(await setAside(ledger, waiting, error));
    }
    return;
  }
}

function stagedEvents({ waiting, lines, blank }: BatchCount): Happening[] {
  const { feed: { feed, known }, batch } = waiting;
  const staged: Happening = {
    feed,
    batch,
    event: "staged",
    line_count: lines,
    blank_count: blank,
  };
  return known.has(batch) ? [staged] : [landedEvent(waiting), staged];
}

function tell(
  { report }: Loading,
  { counts, repeated }: {
    counts: BatchCount[];
    repeated: Map<Waiting, Happening[]>;
  },
): void {
  for (const [{ object }, happenings] of repeated) {
    report.line(`${object}  ${happenings[1].reason}: not loaded`);
  }
  if (counts.length <= LINES_MAX) {
    for (const { waiting, milliseconds, lines, blank } of counts) {
      report.line(
        stepLine(waiting.object, milliseconds, lines - blank) +
          blankNote(blank),
      );
    }
    return;
  }
  const sum = (key: "lines" | "blank" | "milliseconds") =>
    counts.reduce((sum, count) => sum + count[key], 0);
  const { object } = counts[0].waiting;
  const all = `${object} and ${counts.length - 1} more`;
  const blank = sum("blank");
  report.line(
    stepLine(all, sum("milliseconds"), sum("lines") - blank) + blankNote(blank),
  );
}

function blankNote(blank: number): string {
  return blank
    ? `  (${blank.toLocaleString("en")} lines have no row of their own)`
    : "";
}
