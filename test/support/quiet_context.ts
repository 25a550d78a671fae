/** What a part of a run is given by a test that has no interest in what it tells. */
import type { Context } from "../../scripts/lib/run/context.ts";
import type { Environment } from "./environment.ts";

/** The context of a run in this environment that tells nobody anything. */
export function quietContext(
  { settings, dialect }: Pick<Environment, "settings" | "dialect">,
): Context {
  return {
    settings: () => settings,
    options: { warehouse: dialect },
    report: {
      line() {},
      warn() {},
      table() {},
      progress: () => ({ add() {}, end() {} }),
      result() {},
    },
  };
}
