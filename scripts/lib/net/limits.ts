/** How long and how large an answer may be, and how often it is asked for. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Bounds of one fetch; all times in milliseconds. */
export interface Limits {
  /** Until the connection stands, name look-up and TLS included. */
  connect_ms: number;
  /** From the request until the first byte of the body. */
  first_byte_ms: number;
  /** Between two pieces of the body. */
  idle_ms: number;
  /** One try as a whole. */
  total_ms: number;
  /** The body, packed or not. */
  bytes_max: number;
  tries_max: number;
  /** A further try begins within this time of the first, or not at all. */
  budget_ms: number;
  /** The longest wait before the second try; it doubles for each further one. */
  backoff_ms: number;
}

/** What a fetch may take when nobody says otherwise. */
export const LIMITS: Limits = {
  // Because a server that is up accepts within a second, from anywhere.
  connect_ms: 10 * SECOND,
  // Because a server may compute its whole answer before it sends any of it.
  first_byte_ms: MINUTE,
  // Because a live connection may stall for as long as a lost packet takes.
  idle_ms: 30 * SECOND,
  // Because a byte now and then is never idle; 64 MiB need 2 Mbit/s.
  total_ms: 5 * MINUTE,
  // Because a load takes at most as much into one transaction.
  bytes_max: 64 * 1024 * 1024,
  // Because one bad minute should not cost an hour's answer.
  tries_max: 8,
  // Because all tries together must be over well before the next run begins.
  budget_ms: 5 * MINUTE,
  backoff_ms: SECOND,
};
