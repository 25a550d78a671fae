/** Loads landed batches into staging, each whole or not at all. */
import type { Lines } from "../bytes/lines.ts";
import { UnreadableError } from "../bytes/unreadable_error.ts";
import {
  ChangedObjectError,
  type ObjectHead,
  type Store,
} from "../store/store.ts";
import type { Report } from "./context.ts";
import type { Happening, Ledger } from "./ledger.ts";
import { stepLine } from "./run_folder.ts";
import { step } from "./step.ts";
import { watchedBytes, watchedLines } from "./watched.ts";

const BATCHES_PER_LOAD = 1000;
const BYTES_PER_LOAD = 64 * 1024 * 1024;

/** A batch with less than this share of the lines that its source had is refused. */
const FEWEST_SHARE = 0.1;

/** A feed whose batches are to be loaded. */
export interface LoadingFeed {
  feed: string;
  store: Store;
  read: (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Lines>;
  batches: string[];
  /** Batches that the ledger knows as landed already. */
  known: Set<string>;
}

/** Where to load, and what to accept. */
export interface Loading {
  ledger: Ledger;
  report: Report;
  allow_empty: boolean;
}

/** What was loaded, and what could not be. */
export interface Loaded {
  batches: { feed: string; batch: string }[];
  line_count: number;
  byte_count: number;
  failures: Error[];
}

/** A batch that must not be loaded as it is; it is set aside. */
class RefusedError extends Error {}

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
      loaded.failures.push(await giveUp(current, error, ledger));
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
  const landed: Happening = {
    ...base,
    event: "landed",
    object,
    sha256: head.sha256,
    byte_count: head.bytes,
    source: head.source,
    source_bytes: head.source_bytes,
    source_modified_at: head.source_modified_at,
  };
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

/** No lines, or far fewer than its source had last time, is not believed. */
async function refuseFew(
  ledger: Ledger,
  { feed, batch, head, count }: {
    feed: string;
    batch: string;
    head: ObjectHead;
    count: { staged: number };
  },
): Promise<void> {
  const hint = `: if that is right, run again with --allow-empty`;
  if (count.staged === 0) {
    throw new RefusedError(`expected at least one line, found none${hint}`);
  }
  if (!head.source) return;
  const before = await ledger.lastLineCount(feed, {
    source: head.source,
    batch,
  });
  if (before && count.staged < before * FEWEST_SHARE) {
    throw new RefusedError(
      `expected about as many lines as "${head.source}" had last time (${before}), found ${count.staged}${hint}`,
    );
  }
}

/** Sets a batch aside that cannot be read; any other error is not the batch's own. */
async function giveUp(
  { feed, batch, head }: Waiting,
  error: unknown,
  ledger: Ledger,
): Promise<Error> {
  const object = `${feed.feed}/${batch}`;
  const path = `${feed.store.label.replace(/^file:/, "")}/${object}`;
  if (error instanceof UnreadableError || error instanceof RefusedError) {
    const unreadable = error instanceof UnreadableError ? error : undefined;
    const place = unreadable?.position
      ? `:${unreadable.position.line}:${unreadable.position.column}`
      : "";
    const reason = unreadable?.reason ?? error.message;
    await ledger.warehouse.begin();
    await ledger.add([
      ...(feed.known.has(batch) ? [] : [{
        feed: feed.feed,
        batch,
        event: "landed" as const,
        object,
        sha256: head.sha256,
        byte_count: head.bytes,
        source: head.source,
        source_bytes: head.source_bytes,
        source_modified_at: head.source_modified_at,
      }]),
      { feed: feed.feed, batch, event: "set_aside", reason },
    ]);
    await step("commit set aside", () => ledger.warehouse.commit());
    return new Error(
      `Cannot load ${path}${place}: ${reason}\n` +
        (unreadable?.excerpt ? `${unreadable.excerpt}\n` : "") +
        `  ${head.source ? `"${head.source}"` : "The batch"} is set aside; ` +
        `to load it after all: deno task batches take-back ${ledger.run.job} ${batch}`,
      { cause: error },
    );
  }
  if (error instanceof ChangedObjectError) return error;
  throw error;
}

function missing(feed: LoadingFeed, batch: string): Error {
  return new Error(
    `Cannot load ${feed.feed}/${batch}: expected it in ${feed.store.label}, found nothing there`,
  );
}
