/** Deliveries of posts and votes in which as much as possible collides. */
import type { Delivery } from "./rerun_world.ts";
import type { Random } from "./random.ts";

type Fields = Record<string, string>;

/** The last two are late: only the later half of the deliveries brings them. */
const POST_IDS = ["1", "2", "3", "4", "5", "6"];
const LATE_POST_COUNT = 2;
const MISSING_POST_ID = "9";
const VOTE_IDS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];

/** Sundays and Mondays, two ends of a year, and a leap day. */
const DAYS = [
  "2016-12-31",
  "2017-01-01",
  "2017-01-02",
  "2017-01-08",
  "2017-01-09",
  "2020-02-29",
  "2020-03-01",
  "2020-12-31",
  "2021-01-03",
];

const ACTIVE = [
  "2021-02-01T00:00:00.000",
  "2021-02-01T00:00:00.500",
  "2021-03-01",
];

/** Two values for each key: a change often goes back to what was before. */
const POST_VALUES: Record<string, string[]> = {
  PostTypeId: ["1", "2"],
  ParentId: ["1", "2"],
  AcceptedAnswerId: ["3", "4"],
  OwnerUserId: ["-1", "77"],
  LastEditorUserId: ["5", "6"],
  OwnerDisplayName: ["", "Grüße"],
  LastEditorDisplayName: ["a", "b"],
  Title: ["Why?", "Why not?"],
  Tags: ["<a><b>", "<b><a><b>", "<c>", "<a>"],
  Body: ["<p>1</p>\n", 'say "no"'],
  ContentLIcense: ["CC BY-SA 3.0", "CC BY-SA 4.0"],
  Score: ["-3", "12"],
  ViewCount: ["0", "9007199254740993"],
  AnswerCount: ["0", "1"],
  CommentCount: ["2", "3"],
  FavoriteCount: ["4", "5"],
  CreationDate: DAYS,
  LastEditDate: ["2021-01-05T10:00:00", "2021-01-06T10:00:00"],
  LastActivityDate: ACTIVE,
  ClosedDate: ["2021-01-07", "2021-01-08"],
  CommunityOwnedDate: ["2021-01-09", "2021-01-10"],
};

const VOTE_VALUES: Record<string, string[]> = {
  PostId: [...POST_IDS, MISSING_POST_ID],
  VoteTypeId: ["1", "2", "2", "2", "3", "3", "8", "99"],
  UserId: ["-1", "77"],
  BountyAmount: ["50", "100"],
  CreationDate: DAYS,
};

const NEEDED = ["Id", "PostTypeId", "PostId", "VoteTypeId", "CreationDate"];

const BROKEN = [
  "no JSON at all",
  "7",
  "null",
  "\\.",
  '{"Id":"1","PostId":"1","VoteTypeId":"2"}',
  '{"Id":"1x","PostId":"1","PostTypeId":"1","VoteTypeId":"2","CreationDate":"2017-01-01"}',
  '{"Id":"2","PostId":"1","PostTypeId":"1","VoteTypeId":"2","CreationDate":"2017-02-29"}',
  '{"Id":"2","Id":"3","PostId":"1","PostTypeId":"1","VoteTypeId":"2","CreationDate":"2017-01-01"}',
  '{"Id":"4","Title":"\u0000"}',
];

/** A few deliveries of both feeds, in the order in which they arrive. */
export function makeDeliveries(random: Random): Delivery[] {
  const post_count = 3 + random.below(2);
  const vote_count = 3 + random.below(2);
  const feeds = random.shuffled([
    ...Array.from({ length: post_count }, () => "posts"),
    ...Array.from({ length: vote_count }, () => "votes"),
  ]);
  const sent: Record<string, Fields[]> = { posts: [], votes: [] };
  const counts: Record<string, number> = { posts: 0, votes: 0 };
  return feeds.map((feed, index) => {
    const is_late = index >= feeds.length / 2;
    const fresh = feed === "posts"
      ? () => freshPost(random, is_late)
      : () => freshVote(random);
    const size = 6 + random.below(9);
    const lines = makeLines(random, { size, fresh, sent: sent[feed] });
    return { feed, lines: [...lines, ...traps(feed, counts[feed]++)] };
  });
}

/** What random draws seldom hit, in every delivery. */
function traps(feed: string, number: number): string[] {
  const rows = [...changedKeys(feed, number), ...goneAndBack(feed)];
  rows.push(feed === "posts" ? losing(number) : moving(number));
  return rows.map((row) => JSON.stringify(row));
}

/** One row for each key, of which this key alone changes from delivery to delivery. */
function changedKeys(feed: string, number: number): Fields[] {
  const values = feed === "posts" ? POST_VALUES : VOTE_VALUES;
  return Object.keys(values).map((changing, index) => {
    const row = firstValues(feed, 100 + index);
    row[changing] = values[changing][number % values[changing].length];
    return row;
  });
}

/** A row, a changed copy, and the row again; each at another of three lines. */
function goneAndBack(feed: string): Fields[] {
  const changing = feed === "posts" ? "Title" : "UserId";
  const values = feed === "posts" ? POST_VALUES : VOTE_VALUES;
  return [200, 201, 202].flatMap((id) => {
    const row = firstValues(feed, id);
    const other = { ...row, [changing]: values[changing][1] };
    return [row, other, row, firstValues(feed, 203)];
  });
}

/** A vote that leaves weeks in which there is no other. */
function moving(number: number): Fields {
  const CreationDate = `2018-0${number + 1}-15`;
  return { ...firstValues("votes", 300), CreationDate };
}

/**
 * The third delivery is later than the second, but its copy is older. Nobody
 * votes in the week in which this post was made.
 */
function losing(number: number): Fields {
  return {
    ...firstValues("posts", 300),
    Title: String(number),
    Tags: "<b><a><b>",
    CreationDate: "2016-06-15",
    LastActivityDate: ACTIVE[number < 2 ? 1 : 0],
  };
}

function firstValues(feed: string, id: number): Fields {
  const row: Fields = { Id: String(id) };
  const values = feed === "posts" ? POST_VALUES : VOTE_VALUES;
  for (const [key, list] of Object.entries(values)) row[key] = list[0];
  return row;
}

/**
 * Broken lines stand at least three apart, whatever is joined or split: more
 * than half of a batch would be another matter.
 */
function makeLines(
  random: Random,
  { size, fresh, sent }: {
    size: number;
    fresh: () => Fields;
    sent: Fields[];
  },
): string[] {
  return Array.from({ length: size }, (_, index) => {
    const may_break = index % 3 === 1 && index < size - 1;
    if (may_break && random.percent(20)) return random.pick(BROKEN);
    const kind = random.below(100);
    const row = !sent.length || kind < 45
      ? fresh()
      : kind < 65
      ? random.pick(sent)
      : changed(random, random.pick(sent));
    sent.push(row);
    return JSON.stringify(row);
  });
}

function freshPost(random: Random, is_late: boolean): Fields {
  const ids = is_late ? POST_IDS : POST_IDS.slice(0, -LATE_POST_COUNT);
  return drawn(random, random.pick(ids), POST_VALUES);
}

function freshVote(random: Random): Fields {
  return drawn(random, random.pick(VOTE_IDS), VOTE_VALUES);
}

function drawn(
  random: Random,
  id: string,
  values: Record<string, string[]>,
): Fields {
  const row: Fields = { Id: id };
  for (const [key, list] of Object.entries(values)) {
    if (NEEDED.includes(key) || random.percent(60)) {
      row[key] = random.pick(list);
    }
  }
  if (random.percent(5)) row.Colour = "green";
  return row;
}

/** One value of the row is another one, or gone; all else is as it was. */
function changed(random: Random, row: Fields): Fields {
  const values = "PostId" in row ? VOTE_VALUES : POST_VALUES;
  const key = random.pick(Object.keys(values));
  const others = values[key].filter((value) => value !== row[key]);
  if (key in row && !NEEDED.includes(key) && random.percent(30)) {
    const { [key]: _, ...rest } = row;
    return rest;
  }
  return { ...row, [key]: random.pick(others) };
}
