/** What is measured: each part is the same work, done by us and by the native tools. */
import type { Dialect } from "../../scripts/lib/warehouse/warehouse.ts";
import type { Inputs } from "./inputs.ts";
import { type Command, inTurns, type Result, run } from "./measure.ts";
import { floorLoad, floorMerge, floorTables, folderScript } from "./native.ts";
import type { Place, Places } from "./places.ts";

/** What all parts are given. */
export interface Bench {
  places: Places;
  inputs: Inputs;
  rounds: number;
}

/** The results of one part, by way; a ratio is the first way to the second. */
export type PartResults = Record<string, Result>;

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Raw lines into a staging table, against a bare one-column load. */
export async function rawLoad(
  dialect: Dialect,
  { places, inputs, rounds }: Bench,
): Promise<PartResults> {
  const ours = await places.place(dialect, "raw_load");
  const native = places.place(dialect, "raw_floor");
  return await inTurns(rounds, {
    ours: {
      prepare: async () => {
        await ours.reset();
        await migrate(ours, "bare");
      },
      commands: () => [load(ours, "votes", inputs.votes)],
    },
    native: {
      prepare: async () => {
        await native.reset();
        await native.execute(floorTables(dialect));
      },
      commands: () => [native.native(floorLoad(dialect, inputs.votes))],
    },
  });
}

/** Lines into a typed table with a key, against the native load and merge. */
export async function bareJob(
  dialect: Dialect,
  { places, inputs, rounds }: Bench,
): Promise<PartResults> {
  const ours = places.place(dialect, "bare");
  const native = places.place(dialect, "bare_floor");
  const script = floorLoad(dialect, inputs.votes) + floorMerge(dialect);
  const prepareNative = async (mode: string) => {
    await native.reset();
    if (dialect === "sqlite") await native.execute(`pragma ${mode};`);
    await native.execute(floorTables(dialect));
  };
  const results = await inTurns(rounds, {
    ours: {
      prepare: async () => {
        await ours.reset();
        await migrate(ours, "bare");
      },
      commands: () => [bare(ours, inputs.votes)],
    },
    native: {
      prepare: () => prepareNative("journal_mode = wal"),
      commands: () => [native.native(script)],
    },
    ...(dialect === "sqlite"
      ? {
        "native, rollback journal": {
          prepare: () => prepareNative("journal_mode = delete"),
          commands: () => [native.native(script)],
        },
      }
      : {}),
  });
  await mustAgree([
    { place: ours, table: "votes" },
    { place: native, table: "floor_votes" },
  ]);
  return results;
}

/** The whole posts job, against its own SQL files run by hand after the same load. */
export async function postsJob(
  dialect: Dialect,
  { places, inputs, rounds }: Bench,
): Promise<PartResults> {
  const ours = places.place(dialect, "posts");
  const by_hand = places.place(dialect, "posts_by_hand");
  const script = await folderScript({
    dialect,
    job: "posts",
    feeds: { posts: inputs.posts, votes: inputs.votes },
  });
  const results = await inTurns(rounds, {
    ours: {
      prepare: async () => {
        await ours.reset();
        await migrate(ours, "posts");
        await deliver(ours, [inputs.posts, inputs.votes]);
      },
      commands: () => [posts(ours)],
    },
    "by hand": {
      prepare: async () => {
        await by_hand.reset();
        await migrate(by_hand, "posts");
      },
      commands: () => [
        // A SQLite session stages for itself: the script begins with that.
        ...dialect === "sqlite" ? [] : [
          load(by_hand, "posts", inputs.posts),
          load(by_hand, "votes", inputs.votes),
        ],
        by_hand.native(script),
      ],
    },
  });
  await mustAgree([
    { place: ours, table: "votes" },
    { place: by_hand, table: "votes" },
  ]);
  return results;
}

/** What comes later onto the table that `bareJob` left. */
export async function bareIncrements(
  dialect: Dialect,
  { places, inputs, rounds }: Bench,
): Promise<PartResults> {
  const place = places.place(dialect, "bare");
  return await inTurns(rounds, {
    "10,000 new lines": {
      commands: (round) => [bare(place, inputs.days[round])],
    },
    "one new line": { commands: (round) => [bare(place, inputs.lines[round])] },
    "nothing new": { commands: (round) => [bare(place, inputs.lines[round])] },
  });
}

/** What comes later onto the tables that `postsJob` left. */
export async function postsIncrements(
  dialect: Dialect,
  { places, inputs, rounds }: Bench,
): Promise<PartResults> {
  const place = places.place(dialect, "posts");
  return await inTurns(rounds, {
    "10,000 new lines": {
      prepare: (round) => deliver(place, [inputs.days[round]]),
      commands: () => [posts(place)],
    },
    "one new line": {
      prepare: (round) => deliver(place, [inputs.lines[round]]),
      commands: () => [posts(place)],
    },
    "nothing new": { commands: () => [posts(place)] },
  });
}

/** Puts files into the inbox, with the times that they have. */
async function deliver(place: Place, paths: string[]): Promise<void> {
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    await Deno.link(path, `${place.folder}/inbox/${name}`);
  }
}

function posts({ env, dialect }: Place): Command {
  return deno(["-P=posts", "scripts/posts.ts", "--warehouse", dialect], {
    cwd: ROOT,
    env,
  });
}

function bare({ folder, env, dialect }: Place, path: string): Command {
  const script = `${ROOT}/test/bench/project/bare.ts`;
  return deno(["-A", script, path, "--warehouse", dialect], {
    cwd: `${folder}/project`,
    env,
  });
}

function load({ env, dialect }: Place, feed: string, path: string): Command {
  return deno(
    ["-A", "test/bench/load.ts", dialect, `staging_${feed}`, path],
    { cwd: ROOT, env },
  );
}

/** A command of Deno. */
export function deno(
  args: string[],
  options: { cwd: string; env: Place["env"] },
) {
  return { program: Deno.execPath(), args: ["run", "-q", ...args], ...options };
}

/** Makes the tables of a job; the bare one is a project of its own. */
export async function migrate(place: Place, job: string): Promise<void> {
  const { dialect, folder, env } = place;
  let cwd = ROOT;
  if (job === "bare") {
    cwd = `${folder}/project`;
    await copy(`${ROOT}/test/bench/project/sql`, `${cwd}/sql`);
    for (
      const [from, name] of [["test/bench/project/", "bare"], ["", "sluice"]]
    ) {
      const path = `migrations/${dialect}/${name}`;
      await copy(`${ROOT}/${from}${path}`, `${cwd}/${path}`);
    }
  }
  const script = `${ROOT}/scripts/commands/migrate.ts`;
  await run(deno(["-A", script, job, "--warehouse", dialect], { cwd, env }));
  if (dialect === "postgres") await place.execute("checkpoint;");
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Two ways that made different tables cannot be compared. */
async function mustAgree(
  tables: { place: Place; table: string }[],
): Promise<void> {
  const sums = await Promise.all(tables.map(({ place, table }) =>
    place.execute(
      `select count(*), sum(vote_id), sum(post_id), sum(vote_type_id),
         sum(user_id), min(vote_date), max(vote_date) from ${table};`,
    )
  ));
  if (new Set(sums).size === 1) return;
  throw new Error(
    `Cannot compare: expected equal tables, found\n${sums.join("\n")}`,
  );
}
