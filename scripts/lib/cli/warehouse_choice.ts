/** Which warehouse a task uses that people start without naming one. */
import { type Inputs, ownVariable, variable } from "./inputs.ts";

/** The variable that makes BigQuery the warehouse. */
const GENERAL = "BIGQUERY_URL";

/** A dialect, and a word about why it is this one. */
export interface WarehouseChoice {
  warehouse: string;
  why: string;
}

/** The one that was asked for; else BigQuery where it is set and the job has it; else SQLite. */
export async function chooseWarehouse(
  job: string,
  { texts }: Pick<Inputs, "texts">,
): Promise<WarehouseChoice> {
  if (texts.warehouse) {
    return { warehouse: texts.warehouse, why: "--warehouse" };
  }
  const own = `${job.split("_")[0].toUpperCase()}_${GENERAL}`;
  const name = ownVariable(own) ? own : [GENERAL].find(variable);
  if (!name) return await without(job, `${GENERAL} is not set`);
  const has_folder = await hasDialect(job, "bigquery");
  return has_folder
    ? { warehouse: "bigquery", why: `${name} is set` }
    : await without(job, `there is no sql/${job}/bigquery`);
}

async function without(job: string, why: string): Promise<WarehouseChoice> {
  const is_sqlite = await hasDialect(job, "sqlite");
  return { warehouse: is_sqlite ? "sqlite" : "postgres", why };
}

async function hasDialect(job: string, dialect: string): Promise<boolean> {
  const found = await Deno.stat(`sql/${job}/${dialect}`).catch(() => undefined);
  return found?.isDirectory ?? false;
}
