/** The store as a place of answers: what waits in the spool goes there. */
import type { Api } from "../net/json_api.ts";
import type { Arrival } from "../store/arrivals.ts";
import { batchInstant } from "../store/batch_name.ts";
import { land, type Landed } from "../store/land.ts";
import type { WaitingAnswer } from "../store/held_answer.ts";
import type { Spool } from "../store/spool.ts";
import type { Store } from "../store/store.ts";
import type { Report } from "./context.ts";
import { type RefusedAnswer, refusedFolder } from "./refuse_batch.ts";
import { stepLine } from "./run_folder.ts";
import { step } from "./step.ts";

/**
 * A run asks the API unless an answer that came less than half an hour ago
 * waits to be merged, in the spool or in the store; a refused one, or one set
 * aside, does not count. Because a retry after a crash or a failed insert must
 * load what came and not ask for other rows; and because the next hour's run
 * must ask although an older answer waits, or a day without the store or the
 * warehouse would lose all of its hours.
 */
const RECENT_MS = 30 * 60 * 1000;

/** A clock that was set back makes answers of the future: those count as well, but not for long. */
export function isRecent(at: string): boolean {
  return Math.abs(Date.now() - Date.parse(at)) < RECENT_MS;
}

/** Where answers come from and go to. */
export interface AnswerFeed {
  job: string;
  feed: string;
  api: Api;
  store: Store;
  /** The folder of the spool. */
  folder: string;
  report: Report;
}

/** What the store, and the warehouse if it can be reached, know of a feed. */
export interface Known {
  /** Names in the store, in order; fails when the store cannot be read. */
  listed: () => Promise<string[]>;
  withDigest: (sha256: string) => Promise<string | undefined>;
  /** Whether a batch is merged, or will not be. */
  isDone: (batch: string) => boolean;
  /** Hears of each refused answer before it leaves the spool; false keeps it there. */
  onRefused: (refused: RefusedAnswer) => Promise<boolean>;
}

/** What came of it. */
export interface LandedAnswers {
  landed: Landed[];
  failures: Error[];
}

/** The store as far as it can be reached; its first failure is kept, not thrown. */
export class AnswerStore {
  problem: unknown;
  #batches: string[] = [];
  #refused: string[] | undefined;

  constructor(readonly of: AnswerFeed, readonly known: Known) {}

  async open(): Promise<void> {
    await this.#try(async () => {
      this.#batches = await this.known.listed();
    });
  }

  /** Puts one answer, unless the store is down or another run has the answer. */
  async put(spool: Spool, name: string, found: LandedAnswers): Promise<void> {
    if (this.problem) return;
    const answer = await spool.take(name);
    if (answer) await this.putAnswer(answer, found);
  }

  /** Puts an answer; false when the store does not have it. */
  async putAnswer(
    answer: WaitingAnswer,
    found: LandedAnswers,
  ): Promise<boolean> {
    try {
      return await this.#try(() => this.#put(answer, found)) ?? false;
    } finally {
      answer.close();
    }
  }

  async #put(answer: WaitingAnswer, found: LandedAnswers): Promise<true> {
    const { feed, store, report } = this.of;
    const { refused, source, at } = answer.note;
    const folder = refused ? refusedFolder(feed) : feed;
    const landed = await step(
      `put ${feed}`,
      async () =>
        await land({
          store,
          feed: folder,
          batches: refused ? await this.#refusedBatches() : this.#batches,
          // What was refused is compared with its own kind only.
          withDigest: refused
            ? () => Promise.resolve(undefined)
            : this.known.withDigest,
          again: false,
        }, arrivalOf(answer)),
      ({ batch, is_new }, milliseconds) => {
        const what = is_new ? "landed" : "known already:";
        report.line(
          stepLine(
            `${what} ${source} of ${at} as ${folder}/${batch}`,
            milliseconds,
          ),
        );
      },
    );
    if (refused) {
      if (!await this.#refuse(landed.batch, refused, found)) return true;
    } else found.landed.push(landed);
    await step(`unspool ${feed}`, () => answer.remove());
    return true;
  }

  async #refusedBatches(): Promise<string[]> {
    if (this.#refused) return this.#refused;
    const folder = refusedFolder(this.of.feed);
    const keys = await Array.fromAsync(this.of.store.list(folder));
    return this.#refused = keys.map((key) => key.slice(folder.length + 1));
  }

  async #refuse(
    batch: string,
    reason: string,
    found: LandedAnswers,
  ): Promise<boolean> {
    const { job, feed, store, api } = this.of;
    const object = `${refusedFolder(feed)}/${batch}`;
    const head = await store.head(object);
    found.failures.push(
      new Error(
        `Cannot take the answer of ${api.source}: ${reason}\n` +
          `  it is kept as ${
            store.label.replace(/^file:/, "")
          }/${object}: look at it; ` +
          `to load it after all: deno task batches take-back ${job} ${batch}`,
      ),
    );
    return head !== undefined &&
      await this.known.onRefused({ batch, object, head, reason });
  }

  /** When the newest landed answer came that is not done with. */
  async recent(): Promise<string | undefined> {
    return await this.#try(async () => {
      const { feed, store } = this.of;
      for (const batch of this.#batches.toReversed()) {
        const landed_ms = batchInstant(batch) ?? 0;
        if (Date.now() - landed_ms > RECENT_MS) return undefined;
        if (this.known.isDone(batch)) continue;
        const head = await store.head(`${feed}/${batch}`);
        const at = head?.source_modified_at ??
          new Date(landed_ms).toISOString();
        if (isRecent(at)) return at;
      }
    });
  }

  async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.problem) return undefined;
    try {
      return await work();
    } catch (error) {
      this.problem = error;
      return undefined;
    }
  }
}

function arrivalOf(answer: WaitingAnswer): Arrival {
  return {
    source: answer.note.source,
    source_bytes: answer.bytes,
    source_modified_at: answer.note.at,
    reason: answer.note.refused,
    open: () => answer.open(),
    confirm: () => Promise.resolve(),
    is_known_by_stat: false,
  };
}
