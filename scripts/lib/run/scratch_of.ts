/** Makes a scratch environment of a job: migrated, with what its SQL only reads. */
import type { Relation, Scratch } from "../warehouse/warehouse.ts";
import type { Context } from "./context.ts";
import { migrateMissing } from "./migrations.ts";
import type { OpenJob } from "./open_job.ts";
import { madeBy } from "./sql_file.ts";
import { replaceRows } from "./tables.ts";

/** A scratch environment, and the kept tables that the job's SQL fills there. */
export interface JobScratch extends Scratch {
  tables: string[];
}

/** Opens it for a purpose, which becomes part of its name. */
export async function scratchOf(
  open: OpenJob,
  { purpose, context }: { purpose: string; context: Context },
): Promise<JobScratch> {
  const { job, warehouse } = open;
  const scratch = await warehouse.scratch(`sluice_${purpose}_${job}`);
  try {
    const report = { ...context.report, line() {} };
    await migrateMissing(scratch.warehouse, job, report);
    await scratch.attach();
    const tables = await filledTables(open, scratch);
    await copyOthers(open, { scratch, tables });
    return { ...scratch, tables };
  } catch (error) {
    await scratch.drop();
    throw error;
  }
}

/** Kept tables into which the folder puts rows. */
async function filledTables(
  { files }: OpenJob,
  { warehouse }: Scratch,
): Promise<string[]> {
  const relations = await warehouse.relations();
  const filled = files.flatMap(({ statements }) => statements)
    .filter(({ text }) => !/^delete\b/i.test(withoutComments(text)))
    .flatMap(({ text }) => madeBy(text) ?? []);
  return [...new Set(filled)].filter((name) =>
    isTable(relations, name) && !/^(staging|sluice)_/.test(name)
  );
}

function withoutComments(statement: string): string {
  return statement.replace(/--[^\n]*/g, " ").trim();
}

function isTable(relations: Relation[], name: string): boolean {
  return relations.some((one) => one.name === name && one.kind === "table");
}

/**
 * What the folder does not fill cannot be made again by it: settings that people
 * change, and what other jobs of the pipeline keep, are as they are today.
 */
async function copyOthers(
  { warehouse }: OpenJob,
  { scratch, tables }: { scratch: Scratch; tables: string[] },
): Promise<void> {
  const live = await warehouse.relations();
  for (const { name, kind } of await scratch.warehouse.relations()) {
    const skip = kind === "view" || tables.includes(name) ||
      /^(staging_|sluice_|schema_migrations$)/.test(name) ||
      !isTable(live, name);
    if (skip) continue;
    await replaceRows({ warehouse, name: scratch.qualified(name) }, name);
  }
}
