/** When to ask again: after a time that grows, unless the server says when. */
import type { Limits } from "./limits.ts";

const WAIT_MS_MAX = 30_000;

/** How long to wait after a number of tries: anything up to a doubling bound. */
export function backoff(tries: number, { backoff_ms }: Limits): number {
  // Full jitter: those who failed together do not come back together.
  const bound = Math.min(backoff_ms * 2 ** (tries - 1), WAIT_MS_MAX);
  return Math.random() * bound;
}

/** What `Retry-After` says, in milliseconds from now; undefined when nothing. */
export function retryAfter(
  value: string | undefined,
  now_ms: number,
): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now_ms);
}

/** Lets this many milliseconds pass. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
