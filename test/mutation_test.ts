/**
 * The rerun proofs notice mistakes: each of a list of mistakes is made in a
 * copy of the SQL, and a proof, a check of the folder or a case must fail.
 *
 *   REQUIRE_ALL=1 deno test -A test/mutation_test.ts
 */
import { DIALECTS, type TestDialect } from "./support/environment.ts";
import type { Mutant } from "./support/mutant.ts";
import { MUTANTS } from "./support/posts_mutants.ts";
import type { Tried } from "./support/try_mutants.ts";

const JOB = "posts";

const SEEDS = [Deno.env.get("SLUICE_SEED") ?? [1, 2]].flat().map(Number);

/** Tried always, half of them in each dialect; the others with REQUIRE_ALL. */
const SAMPLE = [
  "the best copy of a post is chosen without its line",
  "an older copy of a vote wins",
  "every post is written, whatever its outcome",
  "a vote that comes again does not take the version",
];

Deno.test("posts: mistakes in the SQL are noticed", async () => {
  const results = await Promise.all(DIALECTS.map(async (dialect) => {
    const numbers = chosen(dialect);
    return { dialect, tried: await tryAll(dialect, numbers) };
  }));
  const faults = results.flatMap(({ dialect, tried }) => judge(dialect, tried));
  if (faults.length) throw new Error(faults.join("\n"));
});

function chosen(dialect: TestDialect): number[] {
  const all = [...MUTANTS.keys()];
  if (Deno.env.get("REQUIRE_ALL")) return all;
  const half = SAMPLE.filter((_, index) =>
    DIALECTS[index % DIALECTS.length] === dialect
  );
  return half.map((name) => MUTANTS.findIndex((one) => one.name === name));
}

async function tryAll(
  dialect: TestDialect,
  numbers: number[],
): Promise<Tried[]> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-qA",
      "test/support/try_mutants.ts",
      JOB,
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
function judge(dialect: TestDialect, tried: Tried[]): string[] {
  const counts: Record<string, number> = {};
  const faults: string[] = [];
  for (const { mutant, noticed_by, detail } of tried) {
    const { name, equivalent }: Mutant = MUTANTS[mutant];
    const by = noticed_by ?? (equivalent ? "equivalent" : "survived");
    counts[by] = (counts[by] ?? 0) + 1;
    if (Deno.env.get("DEBUG")) {
      console.log(`${dialect}: ${name}: ${by}: ${detail}`);
    }
    if (by === "survived") faults.push(`${dialect}: nothing noticed: ${name}`);
    if (equivalent && noticed_by) {
      faults.push(
        `${dialect}: listed as without effect (${equivalent}), but noticed: ${name}: ${detail}`,
      );
    }
  }
  const { equivalent = 0, survived = 0, ...noticed } = counts;
  console.log(
    `${dialect}: killed ${tried.length - equivalent - survived} of ${
      tried.length - equivalent
    }` + (equivalent ? ` (and ${equivalent} without effect)` : "") + ": " +
      Object.entries(noticed).map(([by, count]) => `${count} by ${by}`)
        .join(", "),
  );
  return faults;
}
