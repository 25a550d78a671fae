/** Deliveries of days, of which some come again with other rows. */
import type { Delivery } from "./rerun_world.ts";
import type { Random } from "./random.ts";

type Fields = Record<string, string>;

/** A leap day, and two ends of a year. */
const DAYS = ["2020-02-29", "2020-12-31", "2021-01-01"];

/** Few, so that rows are equal by chance, in a day and between days. */
const VALUES: Record<string, string[]> = {
  brand: ["Samsung", "Samsung", "Samsung", "samsung ", "SAMSUNG", "LG"],
  category_id: ["12", "93"],
  comment: ["", 'Two lines:\n"this one" is the second'],
  currency: ["EUR", "PKR"],
  description: ["", "Male"],
  image: ["", "", "data:image/png;base64,iVBORw0KGgo="],
  year_release: ["1999", "2000", "2000", "2001", "2019"],
};

const BROKEN = [
  "no JSON at all",
  "7",
  "null",
  '["Sony","7","","EUR"]',
  '"Sony,7,a 5\\" disk,EUR,,,2001"',
  '{"brand":"Sony","category_id":"7","comment":"","currency":"EUR","description":"","image":"","year_release":"20x9"}',
  '{"brand":"Sony","category_id":"7","comment":"","currency":"EUR","description":"","image":"","year_release":2019}',
  '{"brand":"Sony","category_id":"7","comment":"","currency":"EUR","description":""}',
];

/** Of each day one to three deliveries, in the order in which they arrive. */
export function makeDeliveries(random: Random): Delivery[] {
  const days = random.shuffled([
    ...DAYS,
    ...DAYS.slice(0, 2),
    random.pick(DAYS),
    random.pick(DAYS),
  ]);
  const sent = new Map<string, string[][]>();
  return days.map((label) => {
    const before = sent.get(label) ?? [];
    // Some come back as they were: what was between them is gone.
    const is_back = before.length > 1 && random.percent(40);
    const lines = is_back ? before[0] : makeLines(random);
    sent.set(label, [...before, lines]);
    return { feed: "catalog", lines, label };
  });
}

/** Broken lines are no more than every third. */
function makeLines(random: Random): string[] {
  const size = 4 + random.below(9);
  return Array.from({ length: size }, (_, index) => {
    const may_break = index % 3 === 1 && index < size - 1;
    return may_break && random.percent(30)
      ? random.pick(BROKEN)
      : JSON.stringify(makeRow(random));
  });
}

function makeRow(random: Random): Fields {
  return Object.fromEntries(
    Object.entries(VALUES).map(([key, values]) => [key, random.pick(values)]),
  );
}
