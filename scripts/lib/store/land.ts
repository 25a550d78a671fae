/** Lands what has arrived: its bytes as they are, once, under a name that sorts. */
import type { Arrival } from "./arrivals.ts";
import { batchInstant, batchName, hasDigest } from "./batch_name.ts";
import { lastWith, type Namesake, refuseOther } from "./namesakes.ts";
import type { Store } from "./store.ts";

/** One feed of a store, as far as landing has to know it. */
export interface LandingPlace {
  store: Store;
  feed: string;
  /** Names of the batches that the store was seen to hold, in order. */
  batches: string[];
  /** The batch that brought these bytes before, as the ledger knows it. */
  withDigest: (sha256: string) => Promise<string | undefined>;
  /** Batches to which the job gave this name before, in order. */
  namesakes?: (label: string) => Promise<Namesake[]>;
  /** Land although the same bytes are there. */
  again: boolean;
  /** Land although the name has other bytes. */
  replace?: boolean;
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
      const { label } = arrival;
      const before = label === undefined
        ? undefined
        : await place.namesakes!(label);
      known = place.again
        ? undefined
        : before
        ? lastWith(sha256, before)
        : await sameBytes(place, sha256);
      if (known) return undefined;
      if (before && !place.replace) refuseOther(before, arrival, sha256);
      batch = batchName(nextInstant(place.batches), sha256, label);
      return {
        key: `${place.feed}/${batch}`,
        note: noteOf(arrival, {
          again: place.again,
          replaces: before?.at(-1)?.batch,
        }),
      };
    },
  });
  if (known) return { batch: known, is_new: false };
  place.batches.push(batch);
  return { batch, is_new: true };
}

function noteOf(
  { source, source_bytes, source_modified_at, format, reason }: Arrival,
  { again, replaces }: { again: boolean; replaces?: string },
) {
  return {
    source,
    source_bytes,
    source_modified_at,
    ...(format ? { format } : {}),
    ...(again ? { again } : {}),
    ...(replaces ? { replaces } : {}),
    ...(reason ? { reason } : {}),
  };
}

async function sameBytes(
  { store, feed, batches, withDigest }: LandingPlace,
  sha256: string,
): Promise<string | undefined> {
  for (const batch of batches) {
    if (!hasDigest(batch, sha256)) continue;
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
