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
const IDLE_BYTES = 16 * 1024;

/** How exactly the waiting for chunks is measured: a tenth of the deadline. */
const TICKS = 10;

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

/** Runs an effect with a signal that aborts it; it ends at the deadline, heeded or not. */
export async function withDeadline<T>(
  phase: string,
  deadline_ms: number,
  effect: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new DeadlineError(phase, deadline_ms);
    abort.abort(error);
    reject(error);
  }, deadline_ms);
  try {
    return await Promise.race([effect(abort.signal), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for chunks as long as enough of them come; what the reader takes is not counted. */
export class Watch {
  readonly #patience: Patience;
  readonly #timer: ReturnType<typeof setInterval>;
  #stop: ((error: Error) => void) | undefined;
  #ticks_waited = 0;
  #ticks_idle = 0;
  #bytes = 0;

  constructor(patience: Patience) {
    this.#patience = patience;
    // A timer for each chunk would cost as much as its digest.
    this.#timer = setInterval(() => this.#tick(), patience.idle_ms / TICKS);
  }

  /** The next chunk, or an error when it is late. */
  async next(
    chunks: AsyncIterator<Uint8Array>,
  ): Promise<IteratorResult<Uint8Array>> {
    const chunk = await new Promise<IteratorResult<Uint8Array>>(
      (resolve, reject) => {
        this.#stop = reject;
        chunks.next().then(resolve, reject);
      },
    );
    this.#stop = undefined;
    this.#bytes += chunk.done ? 0 : chunk.value.length;
    if (this.#bytes >= IDLE_BYTES) this.#bytes = this.#ticks_idle = 0;
    return chunk;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (!this.#stop) return;
    const { idle_ms, total_ms } = this.#patience;
    if (++this.#ticks_idle >= TICKS) {
      const phase = `${IDLE_BYTES} more bytes of the answer`;
      this.#stop(new DeadlineError(phase, idle_ms));
    } else if (++this.#ticks_waited * idle_ms / TICKS >= total_ms) {
      this.#stop(new DeadlineError("the end of the answer", total_ms));
    }
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
