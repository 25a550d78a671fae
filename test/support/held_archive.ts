/** An archive run that waits at a place of its SQL folder until a test lets it go on. */
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import {
  allRows,
  type Warehouse,
} from "../../scripts/lib/warehouse/warehouse.ts";
import { AS_OF } from "./archive_world.ts";
import type { Environment } from "./environment.ts";
import { makeProject } from "./project.ts";
import { type Finished, type Started, startPosts } from "./sluice_process.ts";

/** Places to wait at, each the number of a file that goes in there. */
export const PLACES = {
  "the choice is made": "015",
  "a line was read back": "025",
  "the lines were proven": "037",
  "the rows are deleted, not committed": "045",
} as const;
/** One of them. */
export type Place = keyof typeof PLACES;

/** Starts the archive, does something where it waits, and lets it go on. */
export async function whileArchiveWaits(
  environment: Environment,
  { place, env }: { place: Place; env?: Record<string, string> },
  story: (warehouse: Warehouse, run: Started) => Promise<void>,
): Promise<Finished> {
  await using project = await makeProject("ads_archive");
  const key = crypto.getRandomValues(new Uint32Array(1))[0];
  await project.write(
    "postgres",
    `${PLACES[place]}_choose_to_wait.sql`,
    waitFor(key),
  );
  const warehouse = await openWarehouse("postgres", environment.settings);
  try {
    await warehouse.execute("select pg_advisory_lock($1)", [key]);
    const run = startPosts(environment, {
      script: "ads_archive",
      files: [],
      flags: [`--as-of=${AS_OF}`],
      env,
      project: project.folder,
    });
    const over = run.finished.then((end) => {
      throw new Error(`it ended before it waited: ${end.stderr}`);
    });
    await Promise.race([isWaiting(warehouse, key), over]);
    over.catch(() => {});
    try {
      await story(warehouse, run);
    } finally {
      // A story may have stopped the server.
      await warehouse.execute("select pg_advisory_unlock($1)", [key])
        .catch(() => {});
    }
    return await run.finished;
  } finally {
    await warehouse.close();
  }
}

function waitFor(key: number): string {
  return `-- The test has had its turn.
--
-- writes: test_turn
-- grain:  one row
-- why:    a test does something in the middle of a run

drop table if exists pg_temp.test_turn;

create temp table test_turn as
select pg_advisory_lock(${key}) is null as is_over;
`;
}

async function isWaiting(warehouse: Warehouse, key: number): Promise<void> {
  while (true) {
    const waiting = await allRows(
      warehouse,
      `select 1 from pg_locks
       where locktype = 'advisory' and not granted and objid::bigint = $1`,
      [key],
    );
    if (waiting.length) return;
    await new Promise((wake) => setTimeout(wake, 10));
  }
}
