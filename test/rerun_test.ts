/**
 * However deliveries come, the tables are the same: for each job that has a
 * maker of deliveries in `test/support/`, with no expected data.
 *
 *   SLUICE_SEED=7 deno test -A test/rerun_test.ts
 */
import {
  missing,
  type TestWarehouse,
  WAREHOUSES,
} from "./support/environment.ts";
import { Random } from "./support/random.ts";
import { live, proofsOf } from "./support/rerun_proofs.ts";
import { RerunWorld } from "./support/rerun_world.ts";
import { seeds } from "./support/seeds.ts";
import { assertSame, type Snapshot } from "./support/snapshot.ts";

const SEEDS = seeds({ few: 2, many: 8 });
/** A job of BigQuery takes as long as a hundred statements of the others. */
const BIGQUERY_SEEDS = SEEDS.slice(0, Deno.env.get("REQUIRE_ALL") ? 2 : 1);

for (const job of names("sql").filter(hasDeliveries)) {
  const dialects = WAREHOUSES.filter((one) =>
    names(`sql/${job}`).includes(one)
  );
  /** What each seed made, by dialect. */
  const made = new Map<TestWarehouse, Snapshot[]>();
  for (const dialect of dialects) {
    const reason = missing(dialect);
    Deno.test({
      name: `${job}: however deliveries come, tables are equal (${
        reason ?? dialect
      })`,
      ignore: reason !== undefined,
      fn: async (t) => {
        const { makeDeliveries } = await import(
          `./support/${job}_deliveries.ts`
        );
        await using world = await RerunWorld.make(job, dialect);
        const snapshots: Snapshot[] = [];
        for (const seed of dialect === "bigquery" ? BIGQUERY_SEEDS : SEEDS) {
          const random = new Random(seed);
          const deliveries = makeDeliveries(random);
          const given = await live(world, { random, deliveries });
          snapshots.push(given.live);
          for (const { sentence, prove } of proofsOf(deliveries)) {
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
      const [first, ...others] = [...made.values()];
      for (const other of others) {
        for (const [index, snapshot] of other.entries()) {
          await t.step(
            `seed ${SEEDS[index]}`,
            () => assertSame(first[index], snapshot),
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
