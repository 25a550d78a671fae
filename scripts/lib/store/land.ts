/** Lands what has arrived: its bytes as they are, once, under a name that sorts. */
import type { Arrival } from "./arrivals.ts";
import { batchInstant, batchName } from "./batch_name.ts";
import type { Store } from "./store.ts";

/** One feed of a store, as far as landing has to know it. */
export interface LandingPlace {
  store: Store;
  feed: string;
  /** Names of the batches that the store was seen to hold, in order. */
  batches: string[];
  /** The batch that brought these bytes before, as the ledger knows it. */
  withDigest: (sha256: string) => Promise<string | undefined>;
  /** Land although the same bytes are there. */
  again: boolean;
}

/** The batch that holds the bytes now, and whether it is new. */
export interface Landed {
  batch: string;
  is_new: boolean;
}

/** Puts the bytes of an arrival into the store, unless they are there. */
export async function land(
  place: LandingPlace,
  arrival: Arrival,
): Promise<Landed> {
  let known: string | undefined;
  let batch = "";
  await place.store.put({
    open: arrival.open,
    named: async (sha256) => {
      await arrival.confirm();
      known = place.again ? undefined : await sameBytes(place, sha256);
      if (known) return undefined;
      batch = batchName(nextInstant(place.batches), sha256);
      const { source, source_bytes, source_modified_at, reason } = arrival;
      return {
        key: `${place.feed}/${batch}`,
        note: {
          source,
          source_bytes,
          source_modified_at,
          ...(place.again ? { again: true } : {}),
          ...(reason ? { reason } : {}),
        },
      };
    },
  });
  if (known) return { batch: known, is_new: false };
  place.batches.push(batch);
  return { batch, is_new: true };
}

async function sameBytes(
  { store, feed, batches, withDigest }: LandingPlace,
  sha256: string,
): Promise<string | undefined> {
  for (const batch of batches) {
    if (!batch.endsWith(`_${sha256.slice(0, 12)}`)) continue;
    const head = await store.head(`${feed}/${batch}`);
    if (head?.sha256 === sha256) return batch;
  }
  return await withDigest(sha256);
}

/** Never before the newest of the feed, so that names sort by arrival. */
function nextInstant(batches: string[]): number {
  const newest = batchInstant(batches.at(-1) ?? "") ?? 0;
  return Math.max(Date.now(), newest + 1);
}
