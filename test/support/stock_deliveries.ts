/** Deliveries of counts in which as much as possible collides. */
import type { Delivery } from "./rerun_world.ts";
import type { Random } from "./random.ts";

const DAYS = ["2020-02-29", "2020-12-31", "2021-01-01"];
const BROKEN = [
  "no JSON at all",
  '"köln,la\\"mp,2021-01-01,7"',
  '{"shop_id":"köln","article_id":"lamp","counted_date":"2021-02-29","piece_count":"7"}',
  '{"shop_id":"köln","article_id":"lamp","counted_date":"2021-01-01","piece_count":"7x"}',
  '{"shop_id":"köln","article_id":"lamp","counted_date":"2021-01-01","piece_count":7}',
];

/** A few deliveries, in the order in which they arrive. */
export function makeDeliveries(random: Random): Delivery[] {
  return Array.from({ length: 4 + random.below(2) }, () => ({
    feed: "stock",
    lines: makeLines(random, 8 + random.below(5)),
  }));
}

/** Broken lines stand at least three apart, whatever is joined or split. */
function makeLines(random: Random, size: number): string[] {
  return Array.from({ length: size }, (_, index) => {
    const may_break = index % 3 === 1 && index < size - 1;
    if (may_break && random.percent(20)) return random.pick(BROKEN);
    return JSON.stringify({
      shop_id: random.pick(["köln", "berlin"]),
      article_id: random.pick(["lamp", "wick", "oil, refined"]),
      counted_date: random.pick(DAYS),
      piece_count: String(random.below(9)),
    });
  });
}
