/** Answers of the ads API in which as much as possible collides. */
import type { Delivery } from "./rerun_world.ts";
import type { Random } from "./random.ts";

/** Values as they stand in the answer: a number may be written in many ways. */
type Fields = Record<string, string>;

/** Views that tell how ads came, which is another thing in every proof. */
export const LEFT_OUT = ["team_ads_delay", "team_ads_loads"];

const AD_IDS = ["1", "2", "3", "4", "5", "6", "7", "8"];

/** The first two of each are what a change goes to and comes back from. */
const VALUES: Record<string, string[]> = {
  ad_group: ['"brand"', '"search"', '"größe"'],
  ad_campaign: ["899", '"__unknown"', "0", "-7", "9007199254740993"],
  shown_at: [
    "1661956595.86",
    "1661990400",
    "1661956595.8604",
    "1661990399.9995",
    "1.66195659586e9",
  ],
  ad_scheme: [
    '{"origin": "manual", "approved": true}',
    '{"origin": "manual", "approved": false}',
    "{}",
    '{"approved": true, "origin": "manual"}',
    "null",
  ],
};

const OPTIONAL = ["ad_scheme"];

const BROKEN = [
  "no JSON at all",
  "7",
  "null",
  "\\.",
  "{}",
  `{"ad_id": "${uuid("1")}", "ad_group": "brand", "ad_campaign": 1}`,
  `{"ad_id": "1", "ad_group": "brand", "ad_campaign": 1, "shown_at": 1661956595}`,
  `{"ad_id": "${
    uuid("2")
  }", "ad_group": "brand", "ad_campaign": "1", "shown_at": 1661956595}`,
  `{"ad_id": "${
    uuid("3")
  }", "ad_group": "", "ad_campaign": 1, "shown_at": 1661956595}`,
  `{"ad_id": "${
    uuid("4")
  }", "ad_group": "brand", "ad_campaign": 1, "shown_at": "1661956595"}`,
  `{"ad_id": "${
    uuid("5")
  }", "ad_group": "brand", "ad_campaign": 1, "shown_at": 1, "shown_at": 1661956595}`,
];

/** A few answers, in the order in which they arrive. */
export function makeDeliveries(random: Random): Delivery[] {
  const sent: Fields[] = [];
  return Array.from({ length: 5 + random.below(3) }, (_, number) => {
    const size = 6 + random.below(9);
    const lines = makeLines(random, size, sent);
    const traps = [...changedKeys(number), ...goneAndBack(), swinging(number)]
      .map(asLine);
    const crossing = asLine(crossingAd(number));
    // Later answers have it earlier than the first one, which has it last.
    return {
      feed: "backup",
      lines: number === 0
        ? [...lines, ...traps, crossing]
        : [crossing, ...lines, ...traps],
    };
  });
}

/** One ad for each key, of which this key alone changes from answer to answer. */
function changedKeys(number: number): Fields[] {
  return Object.entries(VALUES).map(([key, values], index) => ({
    ...firstValues(100 + index),
    [key]: values[number % values.length],
  }));
}

/** An ad, a changed copy, and the ad again; each at another of three lines. */
function goneAndBack(): Fields[] {
  return [200, 201, 202].flatMap((id) => {
    const ad = firstValues(id);
    const other = { ...ad, ad_group: VALUES.ad_group[1] };
    return [other, ad, other, firstValues(203)];
  });
}

/** An ad that says the same in every second answer. */
function swinging(number: number): Fields {
  return { ...firstValues(301), ad_group: VALUES.ad_group[number % 2] };
}

function crossingAd(number: number): Fields {
  return { ...firstValues(300), ad_campaign: String(number) };
}

function firstValues(id: number): Fields {
  const ad: Fields = { ad_id: `"${uuid(String(id))}"` };
  for (const [key, values] of Object.entries(VALUES)) ad[key] = values[0];
  return ad;
}

/**
 * Broken lines stand at least three apart, whatever is joined or split: more
 * than half of a batch would be another matter.
 */
function makeLines(random: Random, size: number, sent: Fields[]): string[] {
  return Array.from({ length: size }, (_, index) => {
    const may_break = index % 3 === 1 && index < size - 1;
    if (may_break && random.percent(20)) return random.pick(BROKEN);
    const kind = random.below(100);
    const ad = !sent.length || kind < 45
      ? fresh(random)
      : kind < 65
      ? random.pick(sent)
      : changed(random, random.pick(sent));
    sent.push(ad);
    return asLine(ad);
  });
}

function fresh(random: Random): Fields {
  const id = uuid(random.pick(AD_IDS));
  const ad: Fields = {
    ad_id: `"${random.percent(10) ? id.toUpperCase() : id}"`,
  };
  for (const [key, values] of Object.entries(VALUES)) {
    if (!OPTIONAL.includes(key) || random.percent(40)) {
      ad[key] = random.pick(values);
    }
  }
  if (random.percent(5)) ad.clicks = "5";
  return ad;
}

/** One value of the ad is another one, or gone; all else is as it was. */
function changed(random: Random, ad: Fields): Fields {
  const key = random.pick(Object.keys(VALUES));
  if (key in ad && OPTIONAL.includes(key) && random.percent(30)) {
    const { [key]: _, ...rest } = ad;
    return rest;
  }
  const others = VALUES[key].filter((value) => value !== ad[key]);
  return { ...ad, [key]: random.pick(others) };
}

function asLine(ad: Fields): string {
  const entries = Object.entries(ad).map(([key, value]) =>
    `"${key}": ${value}`
  );
  return `{${entries.join(", ")}}`;
}

function uuid(id: string): string {
  return `a${id.padStart(7, "0")}-0000-4000-8000-000000000000`;
}
