/** What is known already of the content of batches: the same bytes, or another content of their name. */
import { batchLabel } from "../store/batch_name.ts";
import { lastOf, type Namesake } from "../store/namesakes.ts";
import type { Happening, Ledger } from "./ledger.ts";
import type { Loading, Waiting } from "./load_batches.ts";
import { landedEvent, RefusedError } from "./refuse_batch.ts";
import { namedBatches } from "./tables.ts";

/** Batches that are not loaded, and what to say of them. */
export interface Judged {
  /** Their bytes were loaded before. */
  repeated: Map<Waiting, Happening[]>;
  /** Their name has other bytes, and nobody said that they replace them. */
  refused: Map<Waiting, Error>;
}

/** Judges batches that are to be loaded; two runs at once may have landed both. */
export async function judgeContent(
  group: Waiting[],
  { ledger, is_replay }: Loading,
): Promise<Judged> {
  const judged: Judged = { repeated: new Map(), refused: new Map() };
  const asked = group.filter(({ feed, batch }) => !feed.known.has(batch));
  if (!asked.length) return judged;
  const feed = asked[0].feed.feed;
  const unnamed = asked.filter(({ batch, head }) =>
    !batchLabel(batch) && !head.again
  );
  if (unnamed.length) await judgeDigests(unnamed, { ledger, feed, judged });
  const named = asked.filter(({ batch }) => batchLabel(batch));
  if (named.length && !is_replay) {
    await judgeNames(named, { ledger, feed, judged });
  }
  return judged;
}

interface Judging {
  ledger: Ledger;
  feed: string;
  judged: Judged;
}

async function judgeDigests(
  group: Waiting[],
  { ledger, feed, judged }: Judging,
): Promise<void> {
  const digests = group.map(({ head }) => head.sha256);
  const first = await ledger.withDigests(feed, digests);
  for (const waiting of group) {
    const { batch, head } = waiting;
    const same = first.get(head.sha256);
    first.set(head.sha256, same ?? batch);
    if (same) judged.repeated.set(waiting, repeats(waiting, same));
  }
}

async function judgeNames(
  group: Waiting[],
  { ledger, feed, judged }: Judging,
): Promise<void> {
  const known = await namesakesIn(ledger, feed);
  for (const waiting of group) {
    const { batch, head } = waiting;
    const { sha256 } = head;
    const label = batchLabel(batch)!;
    const all = known.get(label) ?? [];
    // What came later replaces this one, and not the other way round.
    const { current } = lastOf(all.filter((one) => one.batch < batch));
    if (current?.sha256 === sha256 && !head.again) {
      judged.repeated.set(waiting, repeats(waiting, current.batch));
    } else if (current && current.sha256 !== sha256 && !head.replaces) {
      judged.refused.set(waiting, otherContent(label, { current, sha256 }));
    } else {
      const own = { batch, sha256, is_set_aside: false };
      known.set(label, [...all, own].sort(byBatch));
    }
  }
}

/** The batches of a feed that the ledger knows and the job has named, by name. */
export async function namesakesIn(
  { warehouse, run }: Ledger,
  feed: string,
): Promise<Map<string, Namesake[]>> {
  const found = new Map<string, Namesake[]>();
  const rows = await namedBatches(warehouse, { job: run.job, feed });
  for (const { batch, sha256, state } of rows) {
    const label = batchLabel(batch);
    if (label === undefined || state === "repeated") continue;
    const namesake = { batch, sha256, is_set_aside: state === "set_aside" };
    found.set(label, [...found.get(label) ?? [], namesake]);
  }
  return found;
}

function repeats(waiting: Waiting, same: string): Happening[] {
  const { feed: { feed }, batch } = waiting;
  const reason = `the same bytes as ${same}`;
  return [landedEvent(waiting), { feed, batch, event: "repeated", reason }];
}

function otherContent(
  label: string,
  { current, sha256 }: { current: Namesake; sha256: string },
): Error {
  return new RefusedError(
    `expected ${label} to have the bytes of ${current.batch}, sha256 ${current.sha256}, found sha256 ${sha256}`,
  );
}

function byBatch(one: Namesake, other: Namesake): number {
  return one.batch < other.batch ? -1 : 1;
}
