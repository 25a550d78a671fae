/** Brings a warehouse to the tables that a job needs. */
import { createHash } from "node:crypto";
import { missingMigrations } from "../warehouse/migrate.ts";
import { allRows, type Warehouse } from "../warehouse/warehouse.ts";
import { pipelineOf, type Report } from "./context.ts";
import { step } from "./step.ts";

/** Applies what is missing of the ledger's and the pipeline's migrations. */
export async function migrateMissing(
  warehouse: Warehouse,
  job: string,
  report: Report,
): Promise<{ sha256: string; applied: string[] }> {
  const folders = ["sluice", pipelineOf(job)].map((name) =>
    `migrations/${warehouse.dialect}/${name}`
  );
  let applied: string[] = [];
  const missing = missingMigrations(folders, await appliedVersions(warehouse));
  if (missing.length) {
    applied = await step("migrate", () => warehouse.migrate(folders));
    for (const name of applied) report.line(`migrated ${name}`);
  }
  const hash = createHash("sha256");
  for (const folder of folders) {
    for (const { name } of [...Deno.readDirSync(folder)].sort(byName)) {
      hash.update(name);
    }
  }
  return { sha256: hash.digest("hex"), applied };
}

async function appliedVersions(warehouse: Warehouse): Promise<Set<string>> {
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

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}
