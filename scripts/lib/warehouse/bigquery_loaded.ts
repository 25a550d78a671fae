/** What was loaded since the last commit: it is there already, and counts only with it. */
import type { LoadTarget } from "./bigquery_load.ts";
import type { BigqueryStatements } from "./bigquery_statements.ts";
import { StatementError } from "./warehouse.ts";

/** Knows the loads that are not committed. */
export class LoadedBatches {
  /** Rows by batch by table; not a number while they are on their way. */
  #rows = new Map<string, Map<string, number>>();

  constructor(readonly statements: BigqueryStatements) {}

  /** Notes how many rows of a batch there must be. */
  add({ table, batch }: LoadTarget, rows: number): void {
    const batches = this.#rows.get(table) ?? new Map<string, number>();
    this.#rows.set(table, batches.set(batch, rows));
  }

  /** Lines loaded are rows to be seen; else nothing of it may be committed. */
  async balance(): Promise<void> {
    for (const [table, batches] of this.#rows) {
      const { places, values } = placesOf(batches);
      const rows = await this.statements.all({
        text: `select batch, count(*) as n from ${table}
           where batch in (${places}) group by batch`,
        values,
      });
      const found = new Map(rows.map(({ batch, n }) => [batch, Number(n)]));
      for (const [batch, expected] of batches) {
        const n = found.get(batch) ?? 0;
        if (n === expected) continue;
        throw new RangeError(
          `Cannot load ${batch} into ${table}: expected ${expected} rows, found ${n}`,
        );
      }
    }
  }

  /** Takes all of it out again. */
  async remove(): Promise<void> {
    const loaded = [...this.#rows];
    this.clear();
    for (const [table, batches] of loaded) {
      const { places, values } = placesOf(batches);
      const text = `delete from ${table} where batch in (${places})`;
      await this.statements.execute({ text, values }).catch((error) => {
        // Without such a table nothing of it is there.
        if (!(error instanceof StatementError)) throw error;
      });
    }
  }

  /** All of it is committed. */
  clear(): void {
    this.#rows.clear();
  }
}

/** The names of batches as the values of a statement. */
function placesOf(batches: Map<string, number>) {
  const values = [...batches.keys()];
  return { values, places: values.map((_, i) => `$${i + 1}`).join(", ") };
}
