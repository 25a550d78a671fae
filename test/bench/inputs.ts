/** The bench's input: posts and votes as JSON Lines, seeded, kept for the next time. */

/** The files of one size. */
export interface Inputs {
  posts: string;
  votes: string;
  /** 10,000 new votes of the next day, and of the days after that. */
  days: string[];
  /** One new vote, of the days between. */
  lines: string[];
}

/** How many times more may come: no more rounds can be measured. */
export const DELIVERIES = 9;

/** What one day brings; a bigger input is a longer history. */
const VOTES_PER_DAY = 10_000;
const VOTES_PER_POST = 10;
const FIRST_DAY_MS = Date.UTC(2019, 0, 7);
const DAY_MS = 24 * 3600 * 1000;
const HOUR_MS = 3600 * 1000;
const LINES_PER_CHUNK = 10_000;

/** Makes the files of a seed and a number of votes, or finds them made. */
export async function makeInputs(
  { folder, seed, rows }: { folder: string; seed: number; rows: number },
): Promise<Inputs> {
  const path = `${folder}/inputs_${seed}_${rows}`;
  const numbers = Array.from({ length: DELIVERIES }, (_, index) => index + 1);
  const inputs: Inputs = {
    posts: `${path}/posts.jsonl`,
    votes: `${path}/votes.jsonl`,
    days: numbers.map((number) => `${path}/votes_day_${number}.jsonl`),
    lines: numbers.map((number) => `${path}/votes_line_${number}.jsonl`),
  };
  if (await Deno.stat(path).catch(() => undefined)) return inputs;

  const unfinished = `${path}.unfinished`;
  await Deno.mkdir(unfinished, { recursive: true });
  const random = seeded(seed);
  const write = (final_path: string, lines: Iterable<string>) =>
    writeLines(final_path.replace(path, unfinished), lines);
  const count = Math.ceil(rows / VOTES_PER_POST);
  await write(inputs.posts, posts({ from: 1, count, random }));
  await write(inputs.votes, votes({ from: 1, count: rows, random }));
  let from = Math.ceil(rows / VOTES_PER_DAY) * VOTES_PER_DAY + 1;
  for (const index of inputs.days.keys()) {
    const day = { from, count: VOTES_PER_DAY, random };
    await write(inputs.days[index], votes(day));
    from += VOTES_PER_DAY;
    await write(inputs.lines[index], votes({ from, count: 1, random }));
    from += VOTES_PER_DAY;
  }
  await Deno.rename(unfinished, path);
  return inputs;
}

interface Some {
  /** The first id. */
  from: number;
  count: number;
  random: () => number;
}

function* votes({ from, count, random }: Some): Generator<string> {
  for (let id = from; id < from + count; id++) {
    const newest = Math.ceil(id / VOTES_PER_POST);
    // People vote on what is new; one vote in ten is on a post that is gone.
    const age = random() ** 4;
    const post_id = random() < 0.1
      ? 1_000_000_000 + Math.ceil(random() * newest / 10)
      : Math.max(1, Math.round(newest * (1 - age)));
    const kind = random();
    const type_id = kind < 0.75 ? 2 : kind < 0.9 ? 3 : kind < 0.96 ? 1 : 8;
    const user = type_id === 8
      ? `"UserId":"${Math.ceil(random() * 5000)}","BountyAmount":"50",`
      : "";
    yield `{"Id":"${id}",${user}"PostId":"${post_id}",` +
      `"VoteTypeId":"${type_id}","CreationDate":"${dayOf(id)}T00:00:00.000"}`;
  }
}

function* posts({ from, count, random }: Some): Generator<string> {
  for (let id = from; id < from + count; id++) {
    const day = dayOf((id - 1) * VOTES_PER_POST + 1);
    const hour = String(Math.floor(random() * 24)).padStart(2, "0");
    const at = `${day}T${hour}:${hour}:07.${100 + Math.floor(random() * 900)}`;
    const is_question = id % 3 === 1;
    const kind = is_question
      ? `"PostTypeId":"1","ViewCount":"${Math.ceil(random() * 900)}",` +
        `"AnswerCount":"2","Title":"How do I set up number ${id}?",` +
        `"Tags":"<${TAGS[id % 7]}><${TAGS[id % 5]}>"`
      : `"PostTypeId":"2","ParentId":"${id - (id - 1) % 3}"`;
    yield `{"Id":"${id}","OwnerUserId":"${Math.ceil(random() * 5000)}",` +
      `${kind},"Score":"${Math.floor(random() * 20)}","CommentCount":"1",` +
      `"ContentLIcense":"CC BY-SA 4.0","Body":"${body(random)}",` +
      `"CreationDate":"${at}","LastActivityDate":"${at}"}`;
  }
}

const TAGS = ["loading", "merging", "copying", "testing", "asking", "ci", "go"];

const SENTENCES = [
  String
    .raw`<p>It stops with \"not found\" after some time, and I see no why.</p>\n`,
  String.raw`<pre><code>run --all\n\tand wait</code></pre>\n`,
  String.raw`<p>Have you tried to give it more memory, or fewer rows?</p>\n`,
  String.raw`<p>In the newer version this is a setting, so it is gone.</p>\n`,
];

function body(random: () => number): string {
  const count = 1 + Math.floor(random() * 8);
  const picked = Array.from(
    { length: count },
    () => SENTENCES[Math.floor(random() * SENTENCES.length)],
  );
  return picked.join("");
}

function dayOf(vote_id: number): string {
  const day = Math.floor((vote_id - 1) / VOTES_PER_DAY);
  return new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10);
}

async function writeLines(
  path: string,
  lines: Iterable<string>,
): Promise<void> {
  await Deno.writeFile(path, ReadableStream.from(chunks(lines)));
  // An inbox leaves alone what is so new that it may still grow.
  const rested = new Date(Date.now() - HOUR_MS);
  await Deno.utime(path, rested, rested);
}

function* chunks(lines: Iterable<string>): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let part: string[] = [];
  for (const line of lines) {
    part.push(line, "\n");
    if (part.length < LINES_PER_CHUNK * 2) continue;
    yield encoder.encode(part.join(""));
    part = [];
  }
  yield encoder.encode(part.join(""));
}

/** A small generator of random numbers that is the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  };
}
