/** Decides that a batch must not be loaded as it is, and sets it aside. */
import { UnreadableError } from "../bytes/unreadable_error.ts";
import {
  ChangedObjectError,
  type ObjectHead,
  type Store,
} from "../store/store.ts";
import type { Happening, Ledger } from "./ledger.ts";
import { step } from "./step.ts";

/** A batch with less than this share of the lines that its source had is refused. */
const FEWEST_SHARE = 0.1;

/** A batch that must not be loaded as it is; it is set aside. */
class RefusedError extends Error {}

/** The event with which a batch enters the ledger. */
export function landedEvent(
  { feed, batch }: { feed: string; batch: string },
  head: ObjectHead,
): Happening {
  return {
    feed,
    batch,
    event: "landed",
    object: `${feed}/${batch}`,
    sha256: head.sha256,
    byte_count: head.bytes,
    source: head.source,
    source_bytes: head.source_bytes,
    source_modified_at: head.source_modified_at,
  };
}

/** No lines, or far fewer than its source had last time, is not believed. */
export async function refuseFew(
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
export async function setAside(
  ledger: Ledger,
  { feed, batch, head, is_known, store }: {
    feed: string;
    batch: string;
    head: ObjectHead;
    is_known: boolean;
    store: Store;
  },
  error: unknown,
): Promise<Error> {
  const path = `${store.label.replace(/^file:/, "")}/${feed}/${batch}`;
  if (error instanceof UnreadableError || error instanceof RefusedError) {
    const unreadable = error instanceof UnreadableError ? error : undefined;
    const place = unreadable?.position
      ? `:${unreadable.position.line}:${unreadable.position.column}`
      : "";
    const reason = unreadable?.reason ?? error.message;
    await ledger.warehouse.begin();
    await ledger.add([
      ...(is_known ? [] : [landedEvent({ feed, batch }, head)]),
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
