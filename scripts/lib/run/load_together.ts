/** Loads several batches as one: the lines of small ones are cut before their turn. */
import { ahead } from "../bytes/ahead.ts";
import type { Lines } from "../bytes/lines.ts";
import type { StagingLines } from "../warehouse/warehouse.ts";
import type { Progress } from "./context.ts";
import type { Loading, Waiting } from "./load_batches.ts";
import {
  isOwnFault,
  type LinesBefore,
  readLinesBefore,
  refuseFew,
} from "./refuse_batch.ts";
import { step } from "./step.ts";
import { watchedBytes, watchedLines } from "./watched.ts";

/** An object up to this size is read whole before its turn, with some others. */
const SMALL_BYTES = 256 * 1024;
const READ_AHEAD = 16;
/** Unpacked it may be larger, but not by any factor. */
const UNPACKED_BYTES_MAX = 4 * 1024 * 1024;

/** How many lines of a batch were loaded. */
export interface BatchCount {
  waiting: Waiting;
  lines: number;
  blank: number;
  milliseconds: number;
}

/** One attempt to load batches in the open transaction. */
export interface Attempt {
  load(): Promise<void>;
  /** Those that were loaded. */
  counts: BatchCount[];
  /** Those that were left out, and why. */
  unfit: { waiting: Waiting; error: unknown }[];
  /** The batch whose turn it was last: the one to blame when the load fails. */
  current?: Waiting;
}

/** Prepares to load these batches of one feed. */
export function loadTogether(group: Waiting[], loading: Loading): Attempt {
  const { warehouse } = loading.ledger;
  const attempt: Attempt = {
    counts: [],
    unfit: [],
    load: async () => {
      const before = await readLinesBefore(loading, group);
      // A warehouse that takes one batch at a time gets one at a time.
      const parts = warehouse.loads_many
        ? [group]
        : group.map((waiting) => [waiting]);
      for (const part of parts.filter((part) => part.length)) {
        await loadPart(part, { attempt, loading, before });
      }
    },
  };
  return attempt;
}

interface Part {
  attempt: Attempt;
  loading: Loading;
  before: LinesBefore;
}

async function loadPart(group: Waiting[], part: Part): Promise<void> {
  const [{ feed: { feed }, batch, object }] = group;
  const { warehouse } = part.loading.ledger;
  const progress = part.loading.report.progress(
    group.length === 1 ? object : `${feed}: ${group.length} batches`,
    group.reduce((sum, { head }) => sum + head.bytes, 0),
  );
  try {
    await step(
      `load ${feed}`,
      () =>
        warehouse.load(
          { table: `staging_${feed}`, batch },
          linesOf(group, { ...part, progress }),
        ),
    );
  } finally {
    progress.end();
  }
}

/** The lines of all batches that are fit to be loaded, one batch after the other. */
async function* linesOf(
  group: Waiting[],
  { attempt, loading, before, progress }: Part & { progress: Progress },
): AsyncGenerator<StagingLines> {
  const read = ahead(group, READ_AHEAD, async (waiting) => ({
    waiting,
    ...await readSmall(waiting, progress),
  }));
  const judge = (count: BatchCount) => {
    const { waiting } = count;
    if (!loading.allow_empty) refuseFew(waiting, count, before.of(waiting));
  };
  let start = performance.now();
  for await (const { waiting, blocks, error } of read) {
    attempt.current = waiting;
    const count: BatchCount = { waiting, lines: 0, blank: 0, milliseconds: 0 };
    try {
      if (error) throw error;
      // What is there whole is judged before its first line is sent.
      blocks?.forEach((block) => add(count, block));
      if (blocks) judge(count);
    } catch (error) {
      if (!isOwnFault(error)) throw error;
      attempt.unfit.push({ waiting, error });
      continue;
    }
    const { batch } = waiting;
    for await (const block of blocks ?? readStream(waiting, progress)) {
      if (!blocks) add(count, block);
      yield { ...block, batch };
    }
    if (!blocks) judge(count);
    before.loaded(waiting, count.lines - count.blank);
    count.milliseconds = performance.now() - start;
    start = performance.now();
    attempt.counts.push(count);
  }
}

function add(count: BatchCount, block: Lines): void {
  count.lines += block.count;
  for (const end of block.ends) if (end === -1) count.blank++;
}

/** The lines of a small object; neither lines nor an error when it is not small. */
async function readSmall(
  waiting: Waiting,
  progress: Progress,
): Promise<{ blocks?: Lines[]; error?: unknown }> {
  if (waiting.head.bytes > SMALL_BYTES) return {};
  const blocks: Lines[] = [];
  let bytes = 0;
  try {
    for await (const block of readStream(waiting, progress)) {
      bytes += block.bytes.length;
      if (bytes > UNPACKED_BYTES_MAX) return {};
      blocks.push(block);
    }
    return { blocks };
  } catch (error) {
    return { error };
  }
}

function readStream(
  { feed, object, head }: Waiting,
  progress: Progress,
): AsyncGenerator<Lines> {
  const bytes = watchedBytes(feed.store.get(object), progress);
  return watchedLines(feed.read(bytes, head.format), progress);
}
