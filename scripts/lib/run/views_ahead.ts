/** Views that are made before the transaction, where they cannot be part of it. */
import {
  type FolderRun,
  type TakenStep,
  takeStep,
  unchanged,
} from "./run_folder.ts";
import { ViewState } from "./view_state.ts";

/** Makes the views that must be made; undefined where the folder itself makes them. */
export async function runViewsAhead(
  run: FolderRun,
): Promise<FolderRun["views_ahead"]> {
  if (!run.ledger.warehouse.applies_at_once) return undefined;
  const views = new ViewState(run);
  const taken = new Map<string, TakenStep>();
  for (const file of run.files.filter(({ verb }) => verb === "view")) {
    const is_made = await views.mustRun(file)
      ? await takeStep(run, { file, steps: [] })
      : unchanged(file);
    taken.set(file.name, is_made);
  }
  return taken;
}
