/** Everything that a job keeps and shows, to be compared. */
import type { SqlFile } from "../../scripts/lib/run/sql_file.ts";
import {
  allRows,
  type Row,
  type Warehouse,
} from "../../scripts/lib/warehouse/warehouse.ts";
import { canonical } from "./equal_rows.ts";

/** Rows by table and view. */
export type Snapshot = Map<string, Row[]>;

/** Columns that say how a row came, not what it is. */
const PROVENANCE = ["batch", "line_number", "inserted_at", "updated_at"];

const REJECTED = "sluice_rejected_lines";

/** Reads what the `merge` and `view` files write, and the rejected lines. */
export async function readSnapshot(
  warehouse: Warehouse,
  files: SqlFile[],
): Promise<Snapshot> {
  const names = files
    .filter(({ verb }) => verb === "merge" || verb === "view")
    .flatMap(({ header }) => header.get("writes")!.split(/,\s*/));
  const snapshot: Snapshot = new Map();
  for (const name of [...new Set(names), REJECTED]) {
    snapshot.set(name, await allRows(warehouse, `select * from ${name}`));
  }
  return snapshot;
}

/** What must be the same: what rows are, or also how they came. */
export interface Sameness {
  /** Compare the provenance group too. */
  provenance?: boolean;
  /** Leave the rejected lines out: a line that comes twice is rejected twice. */
  no_rejected?: boolean;
}

/** Throws unless both hold the same rows, each as often. */
export function assertSame(
  expected: Snapshot,
  found: Snapshot,
  { provenance, no_rejected }: Sameness = {},
): void {
  const differences: string[] = [];
  for (const name of new Set([...expected.keys(), ...found.keys()])) {
    if (no_rejected && name === REJECTED) continue;
    // Which run rejected a line last is told by the ledger.
    const without = name === REJECTED ? ["run_id"] : [];
    if (!provenance) without.push(...PROVENANCE);
    const wanted = texts(expected.get(name) ?? [], without);
    const had = texts(found.get(name) ?? [], without);
    differences.push(
      ...surplus(wanted, had).map((row) => `  ${name} lacks ${row}`),
      ...surplus(had, wanted).map((row) => `  ${name} has too much ${row}`),
    );
  }
  if (!differences.length) return;
  throw new Error(
    `Tables differ: expected the same rows, found ${differences.length} differences\n` +
      differences.slice(0, 8).join("\n"),
  );
}

/** Rows that are not of these batches, all columns, as text. */
export function rowsOfOthers(
  snapshot: Snapshot,
  batches: { batch: string }[],
): Map<string, string[]> {
  const names = batches.map(({ batch }) => batch);
  const others = new Map<string, string[]>();
  for (const [name, rows] of snapshot) {
    if (name === REJECTED || !rows[0] || !("batch" in rows[0])) continue;
    const kept = rows.filter((row) => !names.includes(row.batch as string));
    others.set(name, texts(kept, []));
  }
  return others;
}

/** What one list has more often than the other. */
export function surplus(list: string[], other: string[]): string[] {
  const rest = new Map<string, number>();
  for (const text of other) rest.set(text, (rest.get(text) ?? 0) + 1);
  return list.filter((text) => {
    const count = rest.get(text) ?? 0;
    if (count) rest.set(text, count - 1);
    return !count;
  });
}

function texts(rows: Row[], without: string[]): string[] {
  return rows.map((row) =>
    canonical(
      row,
      Object.keys(row).filter((name) => !without.includes(name)).sort(),
    )
  );
}
