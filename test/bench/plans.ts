/** Which tables are large, and which of them a statement would read whole. */
import {
  allRows,
  type Warehouse,
} from "../../scripts/lib/warehouse/warehouse.ts";

/** Kept tables that grow with history, by their number of rows. */
export async function largeTables(
  warehouse: Warehouse,
  rows_least: number,
): Promise<Set<string>> {
  const large = new Set<string>();
  for (const { name, kind } of await warehouse.relations()) {
    if (kind !== "table" || name.startsWith("staging_")) continue;
    const [{ n }] = await allRows(
      warehouse,
      `select count(*) as n from ${name}`,
    );
    if (Number(n) >= rows_least) large.add(name);
    // As the server does by itself, soon after a load.
    if (warehouse.dialect === "postgres") {
      await warehouse.execute(`analyze ${name}`);
    }
  }
  return large;
}

/** The large tables that a statement would read from end to end. */
export async function fullScans(
  { warehouse, text, large }: {
    warehouse: Warehouse;
    text: string;
    large: Set<string>;
  },
): Promise<string[]> {
  if (/^\s*(drop|alter|analyze|create (?!temp table \w+ as))/i.test(text)) {
    return [];
  }
  const found = warehouse.dialect === "sqlite"
    ? await sqliteScans(warehouse, text)
    : await postgresScans(warehouse, text);
  return [...new Set(found.filter((name) => large.has(name)))];
}

async function sqliteScans(
  warehouse: Warehouse,
  text: string,
): Promise<string[]> {
  // The plan names a table by its alias.
  const names = new Map<string, string>();
  for (
    const [, table, alias] of text.matchAll(
      /\b(?:from|join|into|update)\s+(?:main\.)?(\w+)(?:\s+as\s+(\w+))?/gi,
    )
  ) names.set(alias ?? table, table);
  const plan = await allRows(warehouse, `explain query plan ${text}`);
  return plan.flatMap(({ detail }) => {
    const alias = String(detail).match(/^SCAN (\w+)/)?.[1];
    return alias ? [names.get(alias) ?? alias] : [];
  });
}

async function postgresScans(
  warehouse: Warehouse,
  text: string,
): Promise<string[]> {
  const [row] = await allRows(warehouse, `explain (format json) ${text}`);
  const plan = row["QUERY PLAN"];
  const [{ Plan }] = typeof plan === "string" ? JSON.parse(plan) : plan;
  return scansOf(Plan);
}

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Cond"?: string;
  Plans?: PlanNode[];
}

function scansOf(node: PlanNode, is_limited = false): string[] {
  const type = node["Node Type"];
  // An index that is read up to a limit, as for a maximum, is not read whole.
  const is_full = type.endsWith("Seq Scan") ||
    /^Index (Only )?Scan/.test(type) && !node["Index Cond"] && !is_limited;
  const own = is_full ? [node["Relation Name"]!] : [];
  const parts = node.Plans ?? [];
  return [
    ...own,
    ...parts.flatMap((part) => scansOf(part, type === "Limit")),
  ];
}
