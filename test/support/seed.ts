/** Chance that can be played again: `SLUICE_SEED` gives the seed. */

/** The seed of this test run, printed by whoever uses it. */
export const SEED = Number(Deno.env.get("SLUICE_SEED")) ||
  crypto.getRandomValues(new Uint32Array(1))[0];

/** Numbers from 0 up to 1, the same ones for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Works on all items, a few at a time, and takes them as they come. */
export async function inPool<T>(
  items: Iterable<T>,
  size: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  await Promise.all(Array.from({ length: size }, async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) {
      await work(next.value);
    }
  }));
}
