/** What a run costs is what its new lines cost: no file reads a large table whole. */
import { assertEquals } from "@std/assert";
import { readLines } from "../../scripts/lib/bytes/read_lines.ts";
import { Ledger, newRun } from "../../scripts/lib/run/ledger.ts";
import { readFolder } from "../../scripts/lib/run/sql_file.ts";
import { givenFile } from "../../scripts/lib/store/arrivals.ts";
import { readFile } from "../../scripts/lib/store/file_store.ts";
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import type { Warehouse } from "../../scripts/lib/warehouse/warehouse.ts";
import { DIALECTS, makeEnvironment } from "../support/environment.ts";
import { runInProcess } from "../support/run_in_process.ts";
import { makeInputs } from "./inputs.ts";
import { fullScans, largeTables } from "./plans.ts";

const ROWS = Deno.env.get("REQUIRE_ALL") ? 1_000_000 : 100_000;
/** A delivery is small beside what is there. */
const DELIVERED_SHARE = 100;
/** A table with fewer rows than this share of the votes may be read whole. */
const SMALL_SHARE = 20;

const NOT_EXPLAINED = ["check", "view", "show"];

for (const dialect of DIALECTS) {
  Deno.test(`${dialect}: no file of posts reads a large table whole`, async (test) => {
    await using environment = await makeEnvironment(dialect);
    const inputs = await makeInputs({
      folder: `${Deno.cwd()}/.sluice/test`,
      seed: 1,
      rows: ROWS,
    });
    const outcome = await runInProcess({
      job: "posts",
      feeds: {
        posts: { arrivals: givenFile(inputs.posts) },
        votes: { arrivals: givenFile(inputs.votes) },
      },
      settings: environment.settings,
      options: { warehouse: dialect },
    });
    assertEquals(outcome.exit, 0, outcome.stderr);

    const warehouse = await openWarehouse(dialect, environment.settings);
    try {
      const large = await largeTables(warehouse, ROWS / SMALL_SHARE);
      assertEquals(
        ["posts", "votes", "votes_per_post_day"].filter((name) =>
          !large.has(name)
        ),
        [],
        "tables that should have been large",
      );
      await stageDelivery(warehouse, inputs);
      for (const file of await readFolder(`sql/posts/${dialect}`)) {
        if (NOT_EXPLAINED.includes(file.verb)) continue;
        const scans: string[] = [];
        for (const { text } of file.statements) {
          scans.push(...await fullScans({ warehouse, text, large }));
          await warehouse.execute(text);
        }
        await test.step(file.name, () => assertEquals(scans, [], file.path));
      }
      await test.step("a full scan would have been seen", async () => {
        const text =
          "select v.post_id from votes as v where v.bounty_amount = 50";
        assertEquals(await fullScans({ warehouse, text, large }), ["votes"]);
        const order = "select vote_id from votes as v order by vote_id";
        assertEquals(
          await fullScans({ warehouse, text: order, large }),
          ["votes"],
        );
      });
      await warehouse.rollback();
    } finally {
      await warehouse.close();
    }
  });
}

async function stageDelivery(
  warehouse: Warehouse,
  { days, posts }: { days: string[]; posts: string },
): Promise<void> {
  await warehouse.begin();
  const ledger = new Ledger(warehouse, newRun("posts"));
  for (
    const [feed, path, from] of [["votes", days[0], ROWS], [
      "posts",
      posts,
      ROWS / 10,
    ]] as const
  ) {
    const some = await firstLines(path, from / DELIVERED_SHARE);
    await warehouse.load(
      { table: `staging_${feed}`, batch: "20990403T061200.123Z_3f2a91bc4d5e" },
      readLines(some),
    );
  }
  await ledger.makeCurrentRun();
}

async function firstLines(path: string, count: number) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readFile(path)) chunks.push(chunk.slice());
  const text = await new Blob(chunks as BlobPart[]).text();
  const lines = text.split("\n").slice(0, count).join("\n");
  return ReadableStream.from([new TextEncoder().encode(lines)]);
}
