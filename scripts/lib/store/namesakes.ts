/** Batches to which a job has given the same name: the last one of them counts. */
import type { Arrival } from "./arrivals.ts";

/** A batch to which the job has given a name. */
export interface Namesake {
  batch: string;
  sha256: string;
  is_set_aside: boolean;
}

/** What counts now, and what came last: an older one of a name is no longer there. */
export function lastOf(namesakes: Namesake[]) {
  const current = namesakes.findLast(({ is_set_aside }) => !is_set_aside);
  return { current, last: namesakes.at(-1) };
}

/** The batch that brought these bytes under this name, if nothing came after it. */
export function lastWith(
  sha256: string,
  namesakes: Namesake[],
): string | undefined {
  const { current, last } = lastOf(namesakes);
  return [current, last].find((one) => one?.sha256 === sha256)?.batch;
}

/** A name has one content, until somebody says that it is replaced. */
export function refuseOther(
  namesakes: Namesake[],
  { source, label }: Arrival,
  sha256: string,
): void {
  const { current } = lastOf(namesakes);
  if (!current || current.sha256 === sha256) return;
  throw new Error(
    `Cannot land "${source}" as ${label}: already there with other bytes: expected sha256 ${current.sha256} (${current.batch}), found ${sha256}: to replace what is there: --replace`,
  );
}
