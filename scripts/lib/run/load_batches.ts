/** Loads landed batches into staging, each whole or not at all. */
import type { Lines } from "../bytes/lines.ts";
import type { ObjectHead, Store } from "../store/store.ts";
import type { Report } from "./context.ts";
import type { Happening, Ledger } from "./ledger.ts";
import { landedEvent, refuseFew, setAside } from "./refuse_batch.ts";
import { stepLine } from "./run_folder.ts";
import { step } from "./step.ts";
import { watchedBytes, watchedLines } from "./watched.ts";

const BATCHES_PER_LOAD = 1000;
const BYTES_PER_LOAD = 64 * 1024 * 1024;

/** A feed whose batches are to be loaded. */
export interface LoadingFeed {
  feed: string;
  store: Store;
  read: (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Lines>;
  batches: string[];
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
}

/** What is staged now, and what could not be. */
export interface Loaded {
  /** Those of an earlier run included. */
  batches: { feed: string; batch: string }[];
  line_count: number;
  byte_count: number;
  failures: Error[];
}

interface Waiting {
  feed: LoadingFeed;
  batch: string;
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
    for (const batch of feed.batches) {
      const head = await feed.store.head(`${feed.feed}/${batch}`);
      if (!head) throw missing(feed, batch);
      if (
        group.length === BATCHES_PER_LOAD ||
        group.length && bytes + head.bytes > BYTES_PER_LOAD
      ) {
        await loadGroup(group, loading, loaded);
        group = [];
        bytes = 0;
      }
      group.push({ feed, batch, head });
      bytes += head.bytes;
    }
    if (group.length) await loadGroup(group, loading, loaded);
  }
  return loaded;
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
    const happenings: Happening[] = [];
    const lines: string[] = [];
    let current = rest[0];
    let line_count = 0;
    await ledger.warehouse.begin();
    try {
      for (current of rest) {
        const staged = await loadOne(current, { ...loading, lines });
        happenings.push(...staged);
        line_count += staged.at(-1)!.line_count ?? 0;
      }
      await ledger.add(happenings);
      await step("commit load", () => ledger.warehouse.commit());
    } catch (error) {
      await ledger.warehouse.rollback();
      const { feed, batch, head } = current;
      const is_known = feed.known.has(batch);
      const of = { feed: feed.feed, batch, head, is_known, store: feed.store };
      loaded.failures.push(await setAside(ledger, of, error));
      rest = rest.filter((waiting) => waiting !== current);
      continue;
    }
    lines.forEach(loading.report.line);
    for (const { event, feed, batch, byte_count } of happenings) {
      if (event === "landed") loaded.byte_count += byte_count ?? 0;
      if (event === "staged") loaded.batches.push({ feed, batch });
    }
    loaded.line_count += line_count;
    return;
  }
}

async function loadOne(
  { feed, batch, head }: Waiting,
  { ledger, report, allow_empty, lines }: Loading & { lines: string[] },
): Promise<Happening[]> {
  const object = `${feed.feed}/${batch}`;
  const base = { feed: feed.feed, batch };
  const landed = landedEvent(base, head);
  const known = feed.known.has(batch);
  if (!known && !head.again) {
    // Two runs that started together may both have landed the same bytes.
    const same = await ledger.withDigest(feed.feed, head.sha256);
    if (same) {
      lines.push(`${object}  the same bytes as ${same}: not loaded`);
      return [landed, {
        ...base,
        event: "repeated",
        reason: `the same bytes as ${same}`,
      }];
    }
  }
  const progress = report.progress(object, head.bytes);
  try {
    const load = async () => {
      const count = await ledger.warehouse.load(
        { table: `staging_${feed.feed}`, batch },
        watchedLines(
          feed.read(watchedBytes(feed.store.get(object), progress)),
          progress,
        ),
      );
      if (!allow_empty) await refuseFew(ledger, { ...base, head, count });
      return count;
    };
    const count = await step(
      `load ${feed.feed}`,
      load,
      ({ staged, blank }, milliseconds) => {
        lines.push(stepLine(object, milliseconds, staged) + blankNote(blank));
      },
    );
    const staged: Happening = {
      ...base,
      event: "staged",
      line_count: count.lines,
      blank_count: count.blank,
    };
    return known ? [staged] : [landed, staged];
  } finally {
    progress.end();
  }
}

function blankNote(blank: number): string {
  return blank ? `  (${blank.toLocaleString("en")} blank lines left out)` : "";
}

function missing(feed: LoadingFeed, batch: string): Error {
  return new Error(
    `Cannot load ${feed.feed}/${batch}: expected it in ${feed.store.label}, found nothing there`,
  );
}
