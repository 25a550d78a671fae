/** Decides that a batch must not be loaded as it is, and sets it aside. */
import { UnreadableError } from "../bytes/unreadable_error.ts";
import {
  ChangedObjectError,
  type ObjectHead,
  type Store,
} from "../store/store.ts";
import type { Happening, Ledger } from "./ledger.ts";
import type { Loading, Waiting } from "./load_batches.ts";
import { step } from "./step.ts";

/** A batch with less than this share of the lines that its source had is refused. */
const FEWEST_SHARE = 0.1;

/** A batch that must not be loaded as it is; it is set aside. */
export class RefusedError extends Error {}

/** The event with which a batch enters the ledger. */
export function landedEvent(
  { feed, batch, object, head }: Pick<Waiting, "batch" | "object" | "head"> & {
    feed: string | { feed: string };
  },
): Happening {
  return {
    feed: typeof feed === "string" ? feed : feed.feed,
    batch,
    event: "landed",
    object,
    sha256: head.sha256,
    byte_count: head.bytes,
    source: head.source,
    source_bytes: head.source_bytes,
    source_modified_at: head.source_modified_at,
    reason: head.replaces && `replaces ${head.replaces}`,
  };
}

/** An answer that is kept, but not loaded. */
export interface RefusedAnswer {
  batch: string;
  object: string;
  head: ObjectHead;
  reason: string;
}

/** Tells the ledger of a refused answer, so that it can be taken back. */
export async function recordRefused(
  ledger: Ledger,
  feed: string,
  { batch, object, head, reason }: RefusedAnswer,
): Promise<boolean> {
  if (await ledger.stateOf(batch)) return false;
  await ledger.warehouse.begin();
  await ledger.add([
    landedEvent({ feed, batch, object, head }),
    { feed, batch, event: "set_aside", reason },
  ]);
  await step("commit refused", () => ledger.warehouse.commit());
  return true;
}

/** A ledger that was made again learns of those that were refused before. */
export async function recordAllRefused(
  ledger: Ledger,
  feed: string,
  store: Store,
): Promise<void> {
  const folder = refusedFolder(feed);
  for await (const object of store.list(folder)) {
    const head = await store.head(object);
    const batch = object.slice(folder.length + 1);
    const reason = head?.reason ?? "refused before";
    if (head) {
      await recordRefused(ledger, feed, { batch, object, head, reason });
    }
  }
}

/** The folder of a feed in which its refused answers are kept. */
export function refusedFolder(feed: string): string {
  return `${feed}/refused`;
}

/** Whether an error is the batch's own: the others can be loaded without it. */
export function isOwnFault(error: unknown): boolean {
  return error instanceof UnreadableError || error instanceof RefusedError ||
    error instanceof ChangedObjectError;
}

/** How many lines the source of a batch had the time before. */
export interface LinesBefore {
  of(waiting: Waiting): number | undefined;
  /** This batch was loaded: the next one of its source is compared with it. */
  loaded(waiting: Waiting, staged: number): void;
}

/** Reads this before the load, since nothing can be asked in the middle of one. */
export async function readLinesBefore(
  { ledger, allow_empty }: Loading,
  group: Waiting[],
): Promise<LinesBefore> {
  const before = new Map<string, number | undefined>();
  const keyOf = ({ feed, batch, head }: Waiting) =>
    // One taken back is compared with its own time, a new one with the newest.
    feed.known.has(batch) ? `${head.source}\n${batch}` : `${head.source}`;
  for (const waiting of allow_empty ? [] : group) {
    const { feed: { feed }, batch, head: { source } } = waiting;
    const key = keyOf(waiting);
    if (source === undefined || before.has(key)) continue;
    before.set(key, await ledger.lastLineCount(feed, { source, batch }));
  }
  return {
    of: (waiting) => before.get(keyOf(waiting)),
    loaded: (waiting, staged) => {
      if (waiting.head.source) before.set(keyOf(waiting), staged);
    },
  };
}

/** No lines, or far fewer than its source had last time, is not believed. */
export function refuseFew(
  { head }: Waiting,
  { lines, blank }: { lines: number; blank: number },
  before: number | undefined,
): void {
  const hint = `: if that is right, run again with --allow-empty`;
  const staged = lines - blank;
  if (staged === 0) {
    throw new RefusedError(`expected at least one line, found none${hint}`);
  }
  if (before && staged < before * FEWEST_SHARE) {
    throw new RefusedError(
      `expected about as many lines as "${head.source}" had last time (${before}), found ${staged}${hint}`,
    );
  }
}

/** Sets a batch aside that cannot be read; any other error is not the batch's own. */
export async function setAside(
  ledger: Ledger,
  waiting: Waiting,
  error: unknown,
): Promise<Error> {
  const { feed: { feed, known, store }, batch, object, head } = waiting;
  const path = `${store.label.replace(/^file:/, "")}/${object}`;
  if (error instanceof UnreadableError || error instanceof RefusedError) {
    const unreadable = error instanceof UnreadableError ? error : undefined;
    const place = unreadable?.position
      ? `:${unreadable.position.line}:${unreadable.position.column}`
      : "";
    const reason = unreadable?.reason ?? error.message;
    await ledger.warehouse.begin();
    await ledger.add([
      ...(known.has(batch) ? [] : [landedEvent(waiting)]),
      { feed, batch, event: "set_aside", reason },
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
