import { gzipSync } from "node:zlib";

type Row = Record<string, string>;
type Draw = (below: number) => number;
type World = { draw: Draw; posts: Map<number, Row>; created: number[] };

const DAY_MS = 86_400_000;
const POSTS_START = Date.UTC(2015, 10, 2);
const VOTES_START = Date.UTC(2015, 11, 21);
const WEEKS_FIRST = 104;
const WEEKS_SECOND = 4;
const POSTS_FIRST = 400;
const POSTS_SECOND = 30;
const COPIES = 40;
const VOTES_PER_WEEK = 38;

const THINGS = [
  "lantern",
  "tin robot",
  "kettle",
  "sundial",
  "paper boat",
  "cuckoo clock",
  "weather vane",
  "music box",
];
const DEEDS = ["repair", "paint", "wind up", "polish", "hang", "measure"];
const PLACES = ["on the moon", "under water", "in a tower", "at low tide"];
const TAGS = ["lantern", "tin-robot", "c++", "clock.work", "tea", "чай"];
const SENTENCES = [
  'She said "no", so I turned it the other way round.',
  "It's the third one this week; the first two floated off.",
  "The manual says C:\\attic\\new\\table, which I do not own.",
  "Grüße aus dem Leuchtturm, and a cup of tea 🫖 for everyone.",
  "Half of 100 % is 50 %, or so the \tsundial claims.",
  "A line\u2028that breaks where no line should break.",
  "灯台 is the word on the crate; 1 < 2 && 3 > 2 is on its lid.",
  "Nothing happened, and it happened again & again.",
];

/** Write both deliveries of invented posts and votes; return their names. */
export async function sample(folder: string, seed: number): Promise<string[]> {
  const world: World = {
    draw: seededDraw(seed),
    posts: new Map(),
    created: [],
  };
  const missing = new Set<number>();
  const posts = firstPosts(world, missing);
  const votes = votesOfWeeks(world, { from: 0, weeks: WEEKS_FIRST, id: 1 });
  const posts2 = secondPosts(world, missing);
  const votes2 = secondVotes(world, votes);

  const text = new TextEncoder();
  const files: [string, Uint8Array][] = [
    ["posts.json", text.encode(asArray(posts))],
    ["votes.json", text.encode(asArray(votes))],
    ["posts_2.jsonl", text.encode(posts2.join("\n") + "\n")],
    ["votes_2.jsonl.gz", asGzip(votes2.map((vote) => asLine(vote)).join(""))],
  ];
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) {
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
  return files.map(([name]) => name);
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

/** The first delivery: ids in order, one in ten deleted, one forty times. */
function firstPosts(world: World, missing: Set<number>): Row[] {
  const rows: Row[] = [];
  for (let id = 1; id <= POSTS_FIRST; id++) {
    const row = newPost(world, id);
    if (id > 5 && world.draw(10) === 0) {
      missing.add(id);
      continue;
    }
    world.posts.set(id, row);
    rows.push(row);
  }
  // The copies are spread out: the last one comes long after the first.
  const repeated = rows[20];
  for (let copy = 1; copy < COPIES; copy++) {
    rows.splice(20 + copy * 8, 0, repeated);
  }
  return rows;
}

function newPost(world: World, id: number): Row {
  const { draw } = world;
  const step_ms = (WEEKS_FIRST + 7) * 7 * DAY_MS / POSTS_FIRST;
  let created = POSTS_START + Math.floor((id - 1) * step_ms) + draw(step_ms);
  // Now and then the source's dates go back while its ids go on.
  if (id % 61 === 0) created -= 5 * DAY_MS;
  world.created[id] = created;

  const edited = created + draw(40 * DAY_MS);
  const isQuestion = id === 1 || draw(5) < 2;
  const row: Row = { Id: `${id}` };
  const owner = draw(12);
  if (owner > 1) row.OwnerUserId = `${2 + draw(90)}`;
  if (owner === 1) row.OwnerUserId = "-1";
  if (owner === 0) row.OwnerDisplayName = `visitor_${draw(900)}`;
  const isEdited = draw(3) === 0;
  if (isEdited) row.LastEditorUserId = draw(9) === 0 ? "-1" : `${2 + draw(90)}`;
  row.PostTypeId = isQuestion ? "1" : draw(30) === 0 ? "5" : "2";
  row.Score = `${draw(30) - 4}`;
  if (isQuestion) addQuestion(row, draw);
  else row.ParentId = `${1 + draw(id - 1)}`;
  row.CommentCount = `${draw(7)}`;
  if (isEdited) row.LastEditorDisplayName = "";
  row[draw(8) === 0 ? "ContentLicense" : "ContentLIcense"] = draw(3) === 0
    ? "CC BY-SA 4.0"
    : "CC BY-SA 3.0";
  row.Body = someBody(draw);
  row.CreationDate = asInstant(created);
  if (isEdited) row.LastEditDate = asInstant(edited);
  row.LastActivityDate = asInstant(isEdited ? edited : created);
  if (isQuestion && draw(15) === 0) row.ClosedDate = asInstant(edited);
  if (draw(40) === 0) row.CommunityOwnedDate = asInstant(edited);
  return row;
}

function addQuestion(row: Row, draw: Draw): void {
  const deed = pick(DEEDS, draw);
  row.Title = `How do I ${deed} a ${pick(THINGS, draw)} ${pick(PLACES, draw)}?`;
  row.Tags = someTags(draw);
  row.ViewCount = `${draw(5000)}`;
  row.AnswerCount = `${draw(6)}`;
  if (draw(3) === 0) row.AcceptedAnswerId = `${Number(row.Id) + 1 + draw(9)}`;
  if (draw(4) === 0) row.FavoriteCount = `${draw(12)}`;
}

function someTags(draw: Draw): string {
  const first = draw(TAGS.length);
  const count = 1 + draw(3);
  let tags = "";
  for (let place = 0; place < count; place++) {
    tags += `<${TAGS[(first + place) % TAGS.length]}>`;
  }
  return tags;
}

function someBody(draw: Draw): string {
  let body = "";
  for (let paragraphs = 1 + draw(3); paragraphs > 0; paragraphs--) {
    body += `<p>${pick(SENTENCES, draw)} ${pick(SENTENCES, draw)}</p>\n`;
  }
  if (draw(5) === 0) {
    body += '<pre><code class="tin">say("\\n");\r\n</code></pre>\n';
  }
  return body;
}

/** Votes of some weeks: about as many each week, but for a few weeks. */
function votesOfWeeks(
  world: World,
  span: { from: number; weeks: number; id: number },
): Row[] {
  const rows: Row[] = [];
  let id = span.id;
  for (let week = span.from; week < span.from + span.weeks; week++) {
    const count = votesInWeek(week, world.draw);
    for (let place = 0; place < count; place++) {
      const day = VOTES_START +
        (week * 7 + Math.floor(place * 7 / count)) * DAY_MS;
      rows.push(newVote(world, { id, day }));
      // Some ids are left out: a source's own deletions.
      id += world.draw(25) === 0 ? 2 : 1;
    }
  }
  return rows;
}

function votesInWeek(week: number, draw: Draw): number {
  const jitter = draw(9) - 4;
  const isHoliday = week === 1 || week === 53 || week === 105;
  if (isHoliday) return VOTES_PER_WEEK / 2 + jitter;
  const isFair = week % 26 === 19;
  return (isFair ? VOTES_PER_WEEK * 2 : VOTES_PER_WEEK) + jitter;
}

function newVote(world: World, vote: { id: number; day: number }): Row {
  const { draw } = world;
  let newest = 1;
  while (world.created[newest + 1] < vote.day) newest++;
  const row: Row = { Id: `${vote.id}` };
  const kind = draw(100);
  let type = "2";
  if (kind < 9) type = "3";
  else if (kind < 13) type = "1";
  else if (kind < 18) type = "5";
  else if (kind < 20) type = "8";
  else if (kind < 21) type = "9";
  else if (kind < 23) type = pick(["6", "10", "16"], draw);
  // As if by the source's own automaton, which has the number -1.
  if (type === "5") row.UserId = draw(6) === 0 ? "-1" : `${2 + draw(90)}`;
  if (type === "8") row.UserId = `${2 + draw(90)}`;
  // Newer posts get more votes than old ones.
  row.PostId = `${1 + Math.max(draw(newest), draw(newest))}`;
  row.VoteTypeId = type;
  if (type === "8" || type === "9") {
    row.BountyAmount = pick(["50", "100", "200"], draw);
  }
  const back = draw(300) === 0 ? 1 + draw(6) : 0;
  row.CreationDate = asInstant(vote.day - back * DAY_MS);
  return row;
}

/** The second delivery: new, changed, repeated, older and late posts. */
function secondPosts(world: World, missing: Set<number>): string[] {
  const { posts } = world;
  const known = [...posts.values()];
  const now = asInstant(VOTES_START + WEEKS_FIRST * 7 * DAY_MS + 3_600_000);
  const changed = known.filter((_, place) => place % 24 === 5)
    .map((row) => ({ ...row, Score: "77", LastActivityDate: now }));
  const questions = known.filter((row) => row.Tags !== undefined);
  const { Tags: _removed, ...untagged } = questions[10];
  const late = Math.min(...missing);

  const rows: Row[] = [
    ...changed,
    { ...questions[7], Tags: "<retagged><tea>", LastActivityDate: now },
    { ...untagged, LastActivityDate: now },
    // The activity date stays, the content does not: the later batch wins.
    { ...questions[13], Title: "How do I tell two lanterns apart?" },
    // A copy from before the first delivery: it must never win.
    {
      ...questions[16],
      Title: "An older title that must not be seen",
      LastActivityDate: "2015-11-01T00:00:00.000",
    },
    // A post that had votes before it had a row.
    newPost(world, late),
    { ...known[40], Mood: "unknown keys are kept out" },
    ...known.slice(100, 110),
  ];
  for (let place = 1; place <= POSTS_SECOND; place++) {
    rows.push(newPost(world, POSTS_FIRST + place));
  }
  const lines = rows.map((row) => JSON.stringify(row));
  lines.splice(12, 0, JSON.stringify({ ...known[3], Id: "12abc" }));
  return lines;
}

/** New votes, some old ones again, and two of them with other content. */
function secondVotes(world: World, first: Row[]): Row[] {
  const span = { from: WEEKS_FIRST, weeks: WEEKS_SECOND };
  const id = Number(first[first.length - 1].Id) + 1;
  const resent = first.filter((vote) => vote.VoteTypeId === "2");
  return [
    ...first.slice(-20),
    { ...resent[30], VoteTypeId: "3" },
    { ...resent[60], CreationDate: "2016-02-29T00:00:00.000" },
    ...votesOfWeeks(world, { ...span, id }),
  ];
}

function pick<T>(list: T[], draw: Draw): T {
  return list[draw(list.length)];
}

function asInstant(time_ms: number): string {
  return new Date(time_ms).toISOString().slice(0, -1);
}

function asLine(row: Row): string {
  return JSON.stringify(row) + "\n";
}

/** One JSON array, an element a line, each further one after a comma. */
function asArray(rows: Row[]): string {
  return `[${rows.map((row) => JSON.stringify(row)).join("\n,")}\n]`;
}

/** Gzip without a time or the name of an operating system in its header. */
function asGzip(text: string): Uint8Array {
  const bytes = gzipSync(text, { level: 9 });
  bytes.fill(0, 4, 8);
  bytes[9] = 255;
  return bytes;
}
