/** The statements about whole tables that looking and rebuilding need. */
import { allRows, type Row, type Warehouse } from "../warehouse/warehouse.ts";

/** A table as a connection names it, and the connection. */
export interface Table {
  warehouse: Warehouse;
  name: string;
}

/** Streams the rows of a table or view, or those of some batches. */
export function tableRows(
  { warehouse, name }: Table,
  batches?: string[],
): AsyncGenerator<Row> {
  if (!batches) return warehouse.rows(`select * from ${name}`);
  const places = batches.map((_, index) => `$${index + 1}`).join(", ");
  return warehouse.rows(
    `select * from ${name} where batch in (${places || "null"})`,
    batches,
  );
}

/** The columns of the first of these tables that has a row. */
export async function columnsOf(
  warehouse: Warehouse,
  tables: string[],
): Promise<string[]> {
  for (const table of tables) {
    const [row] = await allRows(warehouse, `select * from ${table} limit 1`);
    if (row) return Object.keys(row);
  }
  return [];
}

/** How many rows a table has. */
export async function rowCount({ warehouse, name }: Table): Promise<number> {
  const [{ n }] = await allRows(warehouse, `select count(*) as n from ${name}`);
  return Number(n);
}

/** Rows of a table, by these columns, that another table does not have. */
export async function rowsOnlyIn(
  { warehouse, name }: Table,
  { other, columns, limit }: {
    other: string;
    columns: string[];
    limit: number;
  },
): Promise<Row[]> {
  const names = columns.join(", ");
  return await allRows(
    warehouse,
    `select ${names} from ${name} except select ${names} from ${other} limit ${limit}`,
  );
}

/** Removes every row of a table. */
export async function removeRows({ warehouse, name }: Table): Promise<void> {
  await warehouse.execute(`delete from ${name}`);
}

/** Makes the rows of a table those of another. */
export async function replaceRows(
  table: Table,
  source: string,
): Promise<void> {
  await removeRows(table);
  const columns = (await columnsOf(table.warehouse, [source])).join(", ");
  if (!columns) return;
  await table.warehouse.execute(
    `insert into ${table.name} (${columns}) select ${columns} from ${source}`,
  );
}

/** The versions of the migrations that a warehouse has had. */
export async function appliedVersions(
  warehouse: Warehouse,
): Promise<Set<string>> {
  const relations = await warehouse.relations();
  if (!relations.some(({ name }) => name === "schema_migrations")) {
    return new Set();
  }
  const rows = await allRows(
    warehouse,
    "select version from schema_migrations",
  );
  return new Set(rows.map((row) => row.version as string));
}
