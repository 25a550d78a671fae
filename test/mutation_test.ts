/**
 * The rerun proofs notice mistakes: each of a list of mistakes is made in a
 * copy of the SQL, and a proof, a check of the folder or a case must fail.
 *
 *   REQUIRE_ALL=1 deno test -A test/mutation_test.ts
 */
import { DIALECTS, type TestDialect } from "./support/environment.ts";
import type { Mutant } from "./support/mutant.ts";
import type { Tried } from "./support/try_mutants.ts";

const SEEDS = [Deno.env.get("SLUICE_SEED") ?? [1, 2]].flat().map(Number);

/** Tried always, in turn in each dialect of the job; the others with REQUIRE_ALL. */
const SAMPLES: Record<string, string[]> = {
  posts: [
    "the best copy of a post is chosen without its line",
    "an older copy of a vote wins",
    "every post is written, whatever its outcome",
    "a vote that comes again does not take the version",
  ],
  ads: [
    "the earliest copy is chosen without its batch",
    "an earlier copy is not written",
  ],
  catalog: [
    "an older delivery replaces its day",
    "a row that is loaded again is there twice",
  ],
};

for (const job of Object.keys(SAMPLES)) {
  Deno.test(`${job}: mistakes in the SQL are noticed`, async () => {
    const { MUTANTS } = await import(`./support/${job}_mutants.ts`);
    const dialects = DIALECTS.filter((dialect) =>
      [...Deno.readDirSync(`sql/${job}`)].some(({ name }) => name === dialect)
    );
    const results = await Promise.all(dialects.map(async (dialect, place) => {
      const is_chosen = (index: number) => index % dialects.length === place;
      const numbers = chosen(job, MUTANTS, is_chosen);
      return { dialect, tried: await tryAll(job, dialect, numbers) };
    }));
    const faults = results.flatMap(({ dialect, tried }) =>
      judge({ job, dialect, mutants: MUTANTS }, tried)
    );
    if (faults.length) throw new Error(faults.join("\n"));
  });
}

function chosen(
  job: string,
  mutants: Mutant[],
  is_chosen: (index: number) => boolean,
): number[] {
  if (Deno.env.get("REQUIRE_ALL")) return [...mutants.keys()];
  return SAMPLES[job].filter((_, index) => is_chosen(index))
    .map((name) => mutants.findIndex((one) => one.name === name));
}

async function tryAll(
  job: string,
  dialect: TestDialect,
  numbers: number[],
): Promise<Tried[]> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-qA",
      "test/support/try_mutants.ts",
      job,
      dialect,
      JSON.stringify(numbers),
      JSON.stringify(SEEDS),
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot try the mistakes in ${dialect}`);
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** Prints what was noticed by what; the mistakes that must not have survived. */
function judge(
  { job, dialect, mutants }: {
    job: string;
    dialect: TestDialect;
    mutants: Mutant[];
  },
  tried: Tried[],
): string[] {
  const counts: Record<string, number> = {};
  const faults: string[] = [];
  for (const { mutant, noticed_by, detail } of tried) {
    const { name, equivalent } = mutants[mutant];
    const by = noticed_by ?? (equivalent ? "equivalent" : "survived");
    counts[by] = (counts[by] ?? 0) + 1;
    if (Deno.env.get("DEBUG")) {
      console.log(`${job}, ${dialect}: ${name}: ${by}: ${detail}`);
    }
    if (by === "survived") {
      faults.push(`${job}, ${dialect}: nothing noticed: ${name}`);
    }
    if (equivalent && noticed_by) {
      faults.push(
        `${job}, ${dialect}: listed as without effect (${equivalent}), but noticed: ${name}: ${detail}`,
      );
    }
  }
  const { equivalent = 0, survived = 0, ...noticed } = counts;
  console.log(
    `${job}, ${dialect}: killed ${tried.length - equivalent - survived} of ${
      tried.length - equivalent
    }` + (equivalent ? ` (and ${equivalent} without effect)` : "") + ": " +
      Object.entries(noticed).map(([by, count]) => `${count} by ${by}`)
        .join(", "),
  );
  return faults;
}
