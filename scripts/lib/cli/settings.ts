/** Settings with their defaults, from the environment. */
import type { Settings } from "../run/context.ts";
import { ownVariable, variable } from "./inputs.ts";

/** The settings of a pipeline: its own variables first, then the common ones. */
export function settings(pipeline?: string): Settings {
  const special = (name: string) =>
    pipeline && ownVariable(`${pipeline.toUpperCase()}_${name}`);
  const own = (name: string) => special(name) || variable(name);
  const home = variable("SLUICE_HOME") ?? ".sluice";
  const common_store = variable("STORE_URL") ?? `file:${home}/store`;
  return {
    home,
    // Behind the path of the common one, before what an endpoint adds to it.
    store_url: special("STORE_URL") ||
      common_store.replace(/\/*(\?.*)?$/, `/${pipeline ?? ""}$1`),
    sqlite_path: own("SQLITE_PATH") ?? "warehouse.db",
    postgres_url: own("POSTGRES_URL"),
    bigquery_url: own("BIGQUERY_URL"),
    google_credentials: variable("GOOGLE_APPLICATION_CREDENTIALS"),
  };
}
