/** Compares rows of any dialect with expected ones. */

type Row = Record<string, unknown>;

/** What is missing and what is too much; only the expected columns count. */
export function differences(expected: Row[], found: Row[]): string[] {
  const columns = [...new Set(expected.flatMap((row) => Object.keys(row)))];
  const rest = new Map<string, number>();
  for (const row of found) {
    const text = canonical(row, expected.length ? columns : Object.keys(row));
    rest.set(text, (rest.get(text) ?? 0) + 1);
  }
  const missing: string[] = [];
  for (const row of expected) {
    const text = canonical(row, columns);
    const count = rest.get(text) ?? 0;
    if (count) rest.set(text, count - 1);
    else missing.push(`  missing: ${text}`);
  }
  const surplus = [...rest].flatMap(([text, count]) =>
    Array.from({ length: count }, () => `  surplus: ${text}`)
  );
  return [...missing, ...surplus];
}

/** One row as text: the same in every dialect when the values are the same. */
export function canonical(row: Row, columns: string[]): string {
  return JSON.stringify(columns.map((name) => [name, value(row[name])]));
}

function value(found: unknown): unknown {
  if (found === undefined) return null;
  if (typeof found === "boolean") return Number(found);
  if (typeof found === "bigint") return String(found);
  if (typeof found === "number") {
    return Number.isInteger(found)
      ? String(found)
      : String(Number(found.toPrecision(12)));
  }
  // Whole numbers may stand as text in one dialect and as numbers in another.
  return found;
}
