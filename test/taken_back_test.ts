/** A batch that is taken back is loaded again however old it is, and whatever happens. */
import { assertEquals } from "@std/assert";
import { moveBatches } from "../scripts/lib/run/batches.ts";
import { batchName } from "../scripts/lib/store/batch_name.ts";
import { openStore } from "../scripts/lib/store/open_store.ts";
import { readFile } from "../scripts/lib/store/file_store.ts";
import { makeEnvironment, missing, WAREHOUSES } from "./support/environment.ts";
import { runPosts } from "./support/sluice_process.ts";

const FIRST = ["data/posts/posts.json", "data/posts/votes.json"];
const LONG_AGO = Date.parse("2020-02-03T04:05:06.789Z");

for (const dialect of WAREHOUSES) {
  const reason = missing(dialect);
  const sentence =
    "a batch of long ago, taken back and lost by a kill, is loaded again";
  const options = {
    name: `${sentence} (${reason ?? dialect})`,
    ignore: reason !== undefined,
  };
  Deno.test(options, async () => {
    await using environment = await makeEnvironment(dialect);
    const { settings } = environment;
    let batch = "";
    await openStore(settings.store_url).put({
      open: () => readFile("data/posts/votes_2.jsonl.gz"),
      named: (sha256) => {
        batch = batchName(LONG_AGO, sha256);
        const note = { source: "votes_2.jsonl.gz" };
        return Promise.resolve({ key: `votes/${batch}`, note });
      },
    });
    assertEquals((await runPosts(environment, { files: FIRST })).exit, 0);
    const report = {
      line() {},
      warn() {},
      table() {},
      progress: () => ({ add() {}, end() {} }),
      result() {},
    };
    for (const action of ["set-aside", "take-back"] as const) {
      await moveBatches({
        job: "posts",
        action,
        batches: [batch],
        context: {
          settings: () => settings,
          options: { warehouse: dialect },
          report,
        },
      });
    }
    const killed = await runPosts(environment, {
      files: FIRST,
      env: { SLUICE_CRASH_AT: "commit load:after" },
    });
    assertEquals(killed.signal, "SIGKILL", killed.stderr);
    assertEquals((await runPosts(environment, { files: FIRST })).exit, 0);
    const story = await environment.rows(
      `select event from sluice_batch_events
       where batch = '${batch}' order by event_at`,
    );
    assertEquals(
      story.map(({ event }) => event),
      [
        ..."landed staged merged set_aside taken_back staged".split(" "),
        // What SQLite had staged is gone with the process.
        ...dialect === "sqlite" ? ["staged"] : [],
        "merged",
      ],
    );
  });
}
