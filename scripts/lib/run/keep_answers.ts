/** Lands answers although the warehouse cannot be reached: they cannot be had again. */
import type { Api } from "../net/json_api.ts";
import { instantName } from "../store/batch_name.ts";
import type { Store } from "../store/store.ts";
import type { Context } from "./context.ts";
import { batchesFrom } from "./find_batches.ts";
import { answerFeed, landAnswers } from "./land_answers.ts";

/** Bytes may have waited in the spool for as long as this, and be in the store. */
const PUT_BEFORE_MS = 2 * 24 * 3600 * 1000;

/**
 * Asks each API as a run would, as far as the store alone can tell, and gives
 * back the error with a note of what is kept.
 */
export async function keepAnswers(
  { job, apis, store, context }: {
    job: string;
    apis: [feed: string, api: Api][];
    store: Store;
    context: Context;
  },
  error: unknown,
): Promise<unknown> {
  const { exit_code, message } = error as Error & { exit_code?: number };
  // The command or a setting is wrong: nothing has happened, and nothing will.
  if (exit_code === 64) return error;
  const notes: string[] = [];
  for (const [feed, api] of apis) {
    const from = instantName(Date.now() - PUT_BEFORE_MS);
    try {
      const { landed, failures } = await landAnswers(
        answerFeed({ job, feed, api, store, context }),
        {
          listed: () => batchesFrom(store, feed, from),
          withDigest: () => Promise.resolve(undefined),
          // Nobody can tell: any answer that came a short while ago may wait.
          isDone: () => false,
          // The next run that reaches its ledger records it.
          onRefused: () => Promise.resolve(false),
        },
      );
      notes.push(
        ...landed.map(({ batch }) =>
          `${feed}/${batch} is landed: the next run loads it`
        ),
        ...failures.map((failure) => failure.message),
      );
    } catch (failure) {
      notes.push((failure as Error).message);
    }
  }
  if (!notes.length) return error;
  return Object.assign(
    new Error([message, ...notes].join("\n  "), { cause: error }),
    { exit_code },
  );
}
