import { createHash } from "node:crypto";

/** An ad as the API gives it. */
export interface Ad {
  ad_id: string;
  ad_group: string;
  ad_campaign: number | "__unknown";
  shown_at: number;
  ad_scheme?: Record<string, unknown>;
}

type Draw = (below: number) => number;

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 0, 5, 6, 12);
const HOUR_MS = 3_600_000;
const ADS_PER_ANSWER = 100;
const ANSWERS = 3;

const GROUPS = ["marketing", "brand", "search", "partner", "seasonal"];
const ORIGINS = ["manual", "rule", "import"];
/** Of a hundred ads, so many have a scheme. */
const SCHEME_SHARE = 12;

/** Invents ads without end: the same ones for the same seed, and no id twice. */
export class AdMaker {
  #draw: Draw;
  #count = 0;

  constructor(readonly seed: number) {
    this.#draw = seededDraw(seed);
  }

  /** A new ad, shown in the day before an instant. */
  next(now_ms: number): Ad {
    const draw = this.#draw;
    // Most ads are heard of within hours, few after nearly a day.
    const age_ms = Math.min(draw(DAY_MS), draw(DAY_MS));
    const ad: Ad = {
      ad_id: this.#nextId(),
      ad_group: GROUPS[Math.min(draw(GROUPS.length), draw(GROUPS.length))],
      ad_campaign: draw(2) ? 1 + draw(1200) : "__unknown",
      shown_at: Math.floor((now_ms - age_ms) / 10) / 100,
    };
    if (draw(100) < SCHEME_SHARE) {
      ad.ad_scheme = { origin: ORIGINS[draw(3)], approved: draw(4) > 0 };
    }
    return ad;
  }

  /** Some new ads. */
  some(count: number, now_ms: number): Ad[] {
    return Array.from({ length: count }, () => this.next(now_ms));
  }

  #nextId(): string {
    const hex = createHash("sha256").update(`${this.seed} ${this.#count++}`)
      .digest("hex");
    const parts = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(12, 15)}`,
      `a${hex.slice(15, 18)}`,
      hex.slice(18, 30),
    ];
    return parts.join("-");
  }
}

/** The bytes of an answer: one JSON array. */
export function answerText(ads: unknown[]): string {
  return JSON.stringify(ads).replaceAll('},{"ad_id"', '},\n{"ad_id"') + "\n";
}

/** Write a few answers of the API, an hour apart; return their names. */
export async function sample(folder: string, seed: number): Promise<string[]> {
  const maker = new AdMaker(seed);
  const answers: unknown[][] = [];
  for (let hour = 0; hour < ANSWERS; hour++) {
    answers.push(maker.some(ADS_PER_ANSWER, NOW_MS + hour * HOUR_MS));
  }
  addTraps(answers as Ad[][]);
  await Deno.mkdir(folder, { recursive: true });
  const names = answers.map((_, index) => `answer_${index + 1}.json`);
  for (const [index, name] of names.entries()) {
    await Deno.writeTextFile(`${folder}/${name}`, answerText(answers[index]));
  }
  return names;
}

/** What makes a second answer more than a longer first one. */
function addTraps([first, second, third]: Ad[][]): void {
  // Ads that come again as they were, one also with other content.
  second.splice(10, 2, first[3], { ...first[4], ad_campaign: 7777 });
  second[20] = { ...second[20], clicks: 3 } as Ad;
  third.splice(50, 1, second[30], first[5], first[5]);
  third[60] = { ...third[60], ad_campaign: "spring" as never };
  third[61] = { ...third[61], shown_at: String(third[61].shown_at) as never };
  third[62] = { ...third[62], ad_group: "podcasts" };
}

/** Whole numbers from 0 up to a bound, the same ones for the same seed. */
function seededDraw(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x9e3779b1) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
    return Math.floor(((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32 * below);
  };
}
