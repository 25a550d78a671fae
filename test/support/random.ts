/** Draws that a seed repeats. */

/** A source of draws; the same seed always gives the same ones. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, but not including, `count`. */
  below(count: number): number {
    // A Weyl sequence, its bits mixed: small seeds are as good as large ones.
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return Math.floor(((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32 * count);
  }

  /** True in so many of a hundred draws. */
  percent(share: number): boolean {
    return this.below(100) < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** The same elements in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.map(() => rest.splice(this.below(rest.length), 1)[0]);
  }

  /** The list in consecutive groups, each of `least` to `most` elements, the last may be larger. */
  groups<T>(
    list: readonly T[],
    { least, most }: { least: number; most: number },
  ): T[][] {
    const groups: T[][] = [];
    let start = 0;
    while (start < list.length) {
      const size = least + this.below(most - least + 1);
      // What is left for the next group must be enough for one.
      const end = list.length - start - size < least
        ? list.length
        : start + size;
      groups.push(list.slice(start, end));
      start = end;
    }
    return groups;
  }
}
