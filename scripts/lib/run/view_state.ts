/** Which views of a folder have to be made again. */
import type { Relation } from "../warehouse/warehouse.ts";
import type { FolderRun } from "./run_folder.ts";
import { madeBy, type SqlFile } from "./sql_file.ts";

/** Knows which views have to be made again. */
export class ViewState {
  #relations: Relation[] | undefined;
  #must_all: boolean;

  constructor(readonly run: FolderRun) {
    this.#must_all = run.last.get("migrations") !== run.migrations_sha256;
  }

  /** Whether it or a migration changed, or it is missing by now. */
  async mustRun(file: SqlFile): Promise<boolean> {
    this.#relations ??= await this.run.ledger.warehouse.relations();
    const name = madeBy(file.statements.at(-1)!.text);
    const must = this.#must_all ||
      this.run.last.get(file.name) !== file.sha256 ||
      !this.#relations.some((relation) => relation.name === name);
    // Making one may drop those that read it: look again before the next.
    if (must) this.#relations = undefined;
    return must;
  }
}
