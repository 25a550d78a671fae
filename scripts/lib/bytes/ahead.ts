/** Works on some items at a time, and gives the results in the order of the items. */
export async function* ahead<Item, Result>(
  items: Iterable<Item>,
  count: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // Thrown when its turn comes, or not at all if another one fails first.
      result.catch(() => {});
      begun.push(result);
      if (begun.length === count) yield await begun.shift()!;
    }
    while (begun.length) yield await begun.shift()!;
  } finally {
    // Nothing goes on behind the back of whoever stopped reading.
    await Promise.allSettled(begun);
  }
}
