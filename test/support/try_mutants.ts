/**
 * Tries mistakes in the SQL of one job and dialect, in a project folder of its
 * own; prints for each what noticed it. Started as a process by the test,
 * because the engine reads `sql/` and `migrations/` from the current folder.
 *
 *   deno run -A test/support/try_mutants.ts posts sqlite '[0,5,9]' '[1,2]'
 */
import { DIALECTS, type TestDialect } from "./environment.ts";
import { type Mutant, mutate } from "./mutant.ts";
import { Random } from "./random.ts";
import { live, proofsOf } from "./rerun_proofs.ts";
import { RerunWorld, RunError } from "./rerun_world.ts";
import { assertSame, type Snapshot } from "./snapshot.ts";

/** What noticed a mistake; undefined means nothing did. */
export interface Tried {
  mutant: number;
  noticed_by?: "proof" | "check" | "error" | "case" | "twin";
  detail?: string;
}

const MAIN = Deno.cwd();
const [job, name, mutant_numbers, seed_numbers] = Deno.args;
const dialect = name as TestDialect;
const seeds: number[] = JSON.parse(seed_numbers);
const { makeDeliveries } = await import(`./${job}_deliveries.ts`);
const { MUTANTS } = await import(`./${job}_mutants.ts`);

const twin = DIALECTS.find((one) => one !== dialect && hasDialect(one));
const twins = twin && await liveSnapshots(twin);
const project = await makeProject();
Deno.chdir(project);
try {
  await using world = await RerunWorld.make(job, dialect);
  // Where the proofs fail already, that they fail says nothing of a mistake.
  const before = await byProofs(world, seeds.slice(0, 1));
  if (before) throw new Error(`Cannot try mistakes: ${before.detail}`);
  for (const mutant of JSON.parse(mutant_numbers) as number[]) {
    const tried = await tryMutant(MUTANTS[mutant], world);
    console.log(JSON.stringify({ mutant, ...tried }));
  }
} finally {
  Deno.chdir(MAIN);
  await Deno.remove(project, { recursive: true });
}

function hasDialect(dialect: TestDialect): boolean {
  return [...Deno.readDirSync(`sql/${job}`)]
    .some(({ name }) => name === dialect);
}

/** What the dialect that has no mistake makes of each seed. */
async function liveSnapshots(dialect: TestDialect): Promise<Snapshot[]> {
  await using world = await RerunWorld.make(job, dialect);
  const snapshots: Snapshot[] = [];
  for (const seed of seeds) {
    const random = new Random(seed);
    const deliveries = makeDeliveries(random);
    snapshots.push((await live(world, { random, deliveries })).live);
  }
  return snapshots;
}

/** SQL and migrations to be changed; all else is where it was. */
async function makeProject(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_mutants_" });
  await copyFolder(`${MAIN}/sql`, `${folder}/sql`);
  await copyFolder(`${MAIN}/migrations`, `${folder}/migrations`);
  await Deno.symlink(`${MAIN}/test`, `${folder}/test`);
  await Deno.symlink(`${MAIN}/.sluice`, `${folder}/.sluice`);
  return folder;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const copy = isDirectory ? copyFolder : Deno.copyFile;
    await copy(`${from}/${name}`, `${to}/${name}`);
  }
}

async function tryMutant(
  mutant: Mutant,
  world: RerunWorld,
): Promise<Omit<Tried, "mutant">> {
  const folder = `sql/${job}/${dialect}`;
  const { path, text, mutated } = await mutate(mutant, { folder, dialect });
  await Deno.writeTextFile(path, mutated);
  try {
    // The twin comes last: whoever makes a mistake may make it in both.
    // What is wrong alike in every order is for the cases to notice.
    const is_consistent = mutant.equivalent ?? mutant.cases;
    const few = is_consistent ? seeds.slice(0, 1) : seeds;
    return await byProofs(world, few) ?? await byCases(mutant) ??
      await byTwin(world) ?? {};
  } finally {
    await Deno.writeTextFile(path, text);
  }
}

async function byProofs(
  world: RerunWorld,
  seeds: number[],
): Promise<Omit<Tried, "mutant"> | undefined> {
  for (const seed of seeds) {
    const random = new Random(seed);
    const deliveries = makeDeliveries(random);
    let detail = `seed ${seed}: as it comes`;
    try {
      const given = await live(world, { random, deliveries });
      for (const { sentence, prove } of proofsOf(deliveries)) {
        detail = `seed ${seed}: ${sentence}`;
        await prove(given);
      }
    } catch (error) {
      if (!(error instanceof RunError)) return { noticed_by: "proof", detail };
      const failure = error.message.match(/(error|Check failed).*/)?.[0];
      const noticed_by = error.exit === 2 ? "check" : "error";
      return { noticed_by, detail: failure ?? error.message };
    }
  }
}

async function byCases(
  { cases }: Mutant,
): Promise<Omit<Tried, "mutant"> | undefined> {
  if (!cases) return;
  const words = cases.source.replaceAll("_", " ");
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--no-check",
      `--config=${MAIN}/deno.json`,
      `--filter=/^${job}: .*(${words}).*\\(${dialect}\\)$/`,
      `${MAIN}/test/cases_test.ts`,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stdout);
  if (success) {
    if (/ 0 passed/.test(output)) throw new Error(`No case matches ${cases}`);
    return;
  }
  return {
    noticed_by: "case",
    detail: output.match(/^(.*) \.\.\. FAILED/m)?.[1] ?? output.slice(-500),
  };
}

async function byTwin(
  world: RerunWorld,
): Promise<Omit<Tried, "mutant"> | undefined> {
  if (!twins) return;
  for (const [index, seed] of seeds.entries()) {
    const random = new Random(seed);
    const deliveries = makeDeliveries(random);
    const given = await live(world, { random, deliveries });
    try {
      assertSame(twins[index], given.live);
    } catch (error) {
      const detail = `seed ${seed}: ${(error as Error).message}`;
      return { noticed_by: "twin", detail };
    }
  }
}
