/** Patience with a server: deadlines, and tries again while that can help. */

/** How long to wait for what, and how often to try. */
export interface Patience {
  /** Until a connection stands. */
  connect_ms: number;
  /** From a request, once sent, to the start of its answer. */
  first_byte_ms: number;
  /** In which at least IDLE_BYTES of an answer must arrive. */
  idle_ms: number;
  /** For all waiting for one answer. */
  total_ms: number;
  /** After this nothing is tried a third time. */
  budget_ms: number;
  tries: number;
  /** Waits between tries are drawn from 0 up to this, doubled each time. */
  first_wait_ms: number;
  longest_wait_ms: number;
}

/** What suits a store that other people share, and a run that cron starts. */
export const PATIENCE: Patience = {
  connect_ms: 5_000,
  first_byte_ms: 30_000,
  idle_ms: 30_000,
  total_ms: 3_600_000,
  budget_ms: 60_000,
  tries: 7,
  first_wait_ms: 100,
  longest_wait_ms: 5_000,
};

/** Fewer bytes than this in `idle_ms` are as good as none. */
export const IDLE_BYTES = 16 * 1024;

/** A deadline that has passed; `phase` says which. */
export class DeadlineError extends Error {
  override name = "DeadlineError";

  constructor(readonly phase: string, readonly deadline_ms: number) {
    super(`expected ${phase} within ${seconds(deadline_ms)}, found none`);
  }
}

/** Counts the tries of one call, and waits between them. */
export class Tries {
  readonly #start = performance.now();
  count = 1;

  constructor(readonly patience: Patience) {}

  /** Waits before another try; false when the patience is at its end. */
  async another(): Promise<boolean> {
    const { tries, budget_ms, first_wait_ms, longest_wait_ms } = this.patience;
    const longest = first_wait_ms * 2 ** (this.count - 1);
    // Drawn from the whole span: those who failed together do not return together.
    const wait = Math.random() * Math.min(longest, longest_wait_ms);
    // A first try that hung may have used up everything: a second is due to it.
    const is_late = this.count > 1 && this.#elapsed() + wait > budget_ms;
    if (this.count >= tries || is_late) return false;
    await new Promise((wake) => setTimeout(wake, wait));
    this.count++;
    return true;
  }

  /** For the end of an error: how often and how long it was tried. */
  get note(): string {
    return this.count > 1
      ? ` (${this.count} tries in ${seconds(this.#elapsed())})`
      : "";
  }

  #elapsed(): number {
    return performance.now() - this.#start;
  }
}

/** A deadline, and how much of it is left. */
export interface Deadline {
  phase: string;
  deadline_ms: number;
  left_ms: number;
}

/** Runs an effect with a signal that aborts it; it ends at the deadline, heeded or not. */
export async function withDeadline<T>(
  { phase, deadline_ms, left_ms }: Deadline,
  effect: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new DeadlineError(phase, deadline_ms);
    abort.abort(error);
    reject(error);
  }, left_ms);
  try {
    return await Promise.race([effect(abort.signal), promise]);
  } finally {
    clearTimeout(timer);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
