/** Waits for an answer, but not for ever: a server may be there and say nothing. */

/** How long to wait for what; all in milliseconds. */
export interface AnswerDeadlines {
  /** Until a session stands: the driver gives up by itself, but for a silent network. */
  connect_ms: number;
  /** What only a lock of 5 s or a disk may delay: locks, begin, commit, the ledger. */
  quick_ms: number;
  /** One statement of a SQL file: nobody knows how much it has to do. */
  statement_ms: number;
}

/** What suits a server that other people share. */
export const ANSWER_DEADLINES: AnswerDeadlines = {
  connect_ms: 15_000,
  quick_ms: 5 * 60_000,
  statement_ms: 24 * 3_600_000,
};

/** The answer did not come in time; what became of the question nobody knows. */
export class SilenceError extends Error {
  override name = "SilenceError";
}

/** The answer, or a `SilenceError` once so much time has passed. */
export async function answerWithin<T>(
  deadline_ms: number,
  answer: Promise<T>,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    // It may still fail, when nobody waits for it any more.
    answer.catch(() => {});
    const seconds = deadline_ms / 1000;
    reject(
      new SilenceError(
        `expected an answer of the server within ${seconds} s, found none`,
      ),
    );
  }, deadline_ms);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Everything that comes, one after the other, each in time. */
export async function* eachWithin<T>(
  deadline_ms: number,
  source: AsyncIterable<T>,
): AsyncGenerator<T> {
  const answers = source[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = Promise.resolve(answers.next());
      const answer = await answerWithin(deadline_ms, next);
      if (answer.done) return;
      yield answer.value;
    }
  } finally {
    await answers.return?.();
  }
}
