/** Deliveries of ratings that come again and again. */
import type { Delivery } from "./rerun_world.ts";
import type { Random } from "./random.ts";

const BROKEN = [
  "no JSON at all",
  "7",
  '{"rating_id":"r1","article_id":"lamp","stars":6,"rated_date":"2021-01-01"}',
  '{"rating_id":"r1","article_id":"lamp","stars":5,"rated_date":"2021-02-29"}',
];

/** A few deliveries, in the order in which they arrive. */
export function makeDeliveries(random: Random): Delivery[] {
  return Array.from({ length: 4 + random.below(2) }, () => ({
    feed: "ratings",
    lines: makeLines(random, 8 + random.below(5)),
  }));
}

/** Broken lines stand at least three apart, whatever is joined or split. */
function makeLines(random: Random, size: number): string[] {
  return Array.from({ length: size }, (_, index) => {
    const may_break = index % 3 === 1 && index < size - 1;
    if (may_break && random.percent(20)) return random.pick(BROKEN);
    return JSON.stringify({
      rating_id: random.pick(["r1", "r2", "r3", "r4"]),
      article_id: random.pick(["lamp", "wick"]),
      stars: 1 + random.below(5),
      rated_date: random.pick(["2020-02-29", "2020-12-31"]),
    });
  });
}
