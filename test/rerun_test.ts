/**
 * However deliveries come, the tables are the same: for each job that has a
 * maker of deliveries in `test/support/`, with no expected data.
 *
 *   SLUICE_SEED=7 deno test -A test/rerun_test.ts
 */
import { DIALECTS, type TestDialect } from "./support/environment.ts";
import { Random } from "./support/random.ts";
import { live, PROOFS } from "./support/rerun_proofs.ts";
import { RerunWorld } from "./support/rerun_world.ts";
import { seeds } from "./support/seeds.ts";
import { assertSame, type Snapshot } from "./support/snapshot.ts";

const SEEDS = seeds({ few: 2, many: 8 });

for (const job of names("sql").filter(hasDeliveries)) {
  const dialects = DIALECTS.filter((one) => names(`sql/${job}`).includes(one));
  /** What each seed made, by dialect. */
  const made = new Map<TestDialect, Snapshot[]>();
  for (const dialect of dialects) {
    Deno.test({
      name: `${job}: however deliveries come, tables are equal (${dialect})`,
      fn: async (t) => {
        const { makeDeliveries } = await import(
          `./support/${job}_deliveries.ts`
        );
        await using world = await RerunWorld.make(job, dialect);
        const snapshots: Snapshot[] = [];
        for (const seed of SEEDS) {
          const random = new Random(seed);
          const deliveries = makeDeliveries(random);
          const given = await live(world, { random, deliveries });
          snapshots.push(given.live);
          for (const { sentence, prove } of PROOFS) {
            await t.step(`seed ${seed}: ${sentence}`, () => prove(given));
          }
        }
        made.set(dialect, snapshots);
      },
    });
  }
  if (dialects.length < 2) continue;
  Deno.test({
    name: `${job}: however deliveries come, dialects are equal`,
    fn: async (t) => {
      const [first, ...others] = dialects.map((dialect) => made.get(dialect)!);
      for (const [index, seed] of SEEDS.entries()) {
        for (const other of others) {
          await t.step(
            `seed ${seed}`,
            () => assertSame(first[index], other[index]),
          );
        }
      }
    },
  });
}

function hasDeliveries(job: string): boolean {
  return names("test/support").includes(`${job}_deliveries.ts`);
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
