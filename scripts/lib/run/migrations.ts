/** Brings a warehouse to the tables that a job needs. */
import { createHash } from "node:crypto";
import { missingMigrations } from "../warehouse/migrate.ts";
import type { Dialect, Warehouse } from "../warehouse/warehouse.ts";
import { pipelineOf, type Report } from "./context.ts";
import { step } from "./step.ts";
import { appliedVersions } from "./tables.ts";

/** Applies what is missing of the ledger's and the pipeline's migrations. */
export async function migrateMissing(
  warehouse: Warehouse,
  job: string,
  report: Report,
): Promise<{ sha256: string; applied: string[] }> {
  const folders = migrationFolders(warehouse.dialect, job);
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

/** Where the migrations of a job are: the ledger's, and its pipeline's. */
export function migrationFolders(dialect: Dialect, job: string): string[] {
  return ["sluice", pipelineOf(job)].map((name) =>
    `migrations/${dialect}/${name}`
  );
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}
