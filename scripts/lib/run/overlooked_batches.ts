/** Finds batches that lie in the store and that no run will look for any more. */
import type { Store } from "../store/store.ts";
import { batchesFrom } from "./find_batches.ts";
import type { Ledger } from "./ledger.ts";

/** A run lists the newest objects only; these are older, and the ledger does not know them. */
export async function overlookedBatches(
  ledger: Ledger,
  store: Store,
  feed: string,
): Promise<{ overlooked: string[]; landed: string[] }> {
  const known = await ledger.states(feed, "");
  const newest = await ledger.newestMerged(feed) ?? "";
  const landed = await batchesFrom(store, feed, "");
  // What is newer than the newest merged one is found by the next run.
  const overlooked = landed.filter((name) => !known.has(name) && name < newest);
  return { overlooked, landed };
}
