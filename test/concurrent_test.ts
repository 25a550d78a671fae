/** Several runs of one job at once: one works, the others leave without harm. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openWarehouse } from "../scripts/lib/warehouse/open_warehouse.ts";
import {
  DIALECTS,
  type Environment,
  makeEnvironment,
} from "./support/environment.ts";
import { makeProject, slowFile } from "./support/project.ts";
import { runPosts, startPosts } from "./support/sluice_process.ts";
import { assertSound, keptRows, rowsIn } from "./support/soundness.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const FIRST = ["data/posts/posts.json", "data/posts/votes.json"];

/** A second, and what a busy machine takes to end a process. */
const LEAVES_WITHIN_MS = 2_500;

const HOLDER = /found one since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d/;

for (const dialect of DIALECTS) {
  Deno.test(`while the lock is held others land, say by whom, and leave (${dialect})`, async () => {
    await using environment = await makeEnvironment(dialect);
    const ready = await runPosts(environment, { files: FIRST });
    assertEquals(ready.exit, 0, ready.stderr);
    const deliveries = await makeDeliveries(environment, 2);

    const holder = await openWarehouse(dialect, environment.settings);
    try {
      await holder.lock("posts");
      const runs = await Promise.all(
        deliveries.map((files) => runPosts(environment, { files })),
      );
      for (const run of runs) {
        assertEquals(run.exit, 75, run.stderr);
        assertMatch(run.stderr, HOLDER);
        assertMatch(run.stderr, new RegExp(`\\b${Deno.pid}\\b`));
        assertMatch(run.stderr, /^landed .* as votes\//m);
        assert(
          run.milliseconds_after_landing < LEAVES_WITHIN_MS,
          `it left ${run.milliseconds_after_landing} ms after landing`,
        );
      }
    } finally {
      await holder.close();
    }

    const next = await runPosts(environment, { files: FIRST });
    assertEquals(next.exit, 0, next.stderr);
    await assertSound(environment, dialect);
    await assertAllThere(environment, deliveries.length);
  });

  for (const count of IS_FULL ? [2, 3, 4, 5, 6, 7, 8] : [4]) {
    Deno.test(`of ${count} runs started at once one works (${dialect})`, async () => {
      await using environment = await makeEnvironment(dialect);
      await using project = await makeProject();
      await project.write(
        dialect,
        "039_wait_for_others.sql",
        slowFile(dialect, 4),
      );
      const deliveries = await makeDeliveries(environment, count);
      // An empty warehouse: they also meet while it is migrated.
      const runs = await Promise.all(
        deliveries.map((files) =>
          runPosts(environment, { files, project: project.folder })
        ),
      );
      const said = runs.map(({ stderr }) => stderr).join("\n");
      assertEquals(
        runs.map(({ exit }) => exit).sort(),
        [0, ...Array(count - 1).fill(75)],
        said,
      );
      for (const run of runs.filter(({ exit }) => exit === 75)) {
        assertMatch(run.stderr, HOLDER);
        assert(
          run.milliseconds_after_landing < LEAVES_WITHIN_MS,
          `it left ${run.milliseconds_after_landing} ms after landing`,
        );
      }
      const next = await runPosts(environment, { files: deliveries[0] });
      assertEquals(next.exit, 0, next.stderr);
      await assertSound(environment, dialect);
      await assertAllThere(environment, count);
    });
  }

  Deno.test(`the same bytes landed by runs at once are loaded once (${dialect})`, async () => {
    await using environment = await makeEnvironment(dialect);
    await using alone = await makeEnvironment(dialect);
    const right = await runPosts(alone, { files: FIRST });
    assertEquals(right.exit, 0, right.stderr);

    const runs = await Promise.all(
      [1, 2, 3, 4].map(() =>
        startPosts(environment, { files: FIRST }).finished
      ),
    );
    const exits = runs.map(({ exit }) => exit);
    assert(
      exits.includes(0) && exits.every((exit) => exit === 0 || exit === 75),
      runs.map(({ stderr }) => stderr).join("\n"),
    );
    const next = await runPosts(environment, { files: FIRST });
    assertEquals(next.exit, 0, next.stderr);
    await assertSound(environment, dialect);
    assertEquals(await keptRows(environment), await keptRows(alone));
    const merged = await rowsIn(
      environment,
      `select feed, count(*) as n from sluice_batch_events
       where event = 'merged' group by feed order by feed`,
    );
    assertEquals(merged, [{ feed: "posts", n: 1 }, { feed: "votes", n: 1 }]);
  });

  Deno.test(`an object that two runs landed is repeated, not loaded again (${dialect})`, async () => {
    await using environment = await makeEnvironment(dialect);
    const first = await runPosts(environment, { files: FIRST });
    assertEquals(first.exit, 0, first.stderr);
    const before = await keptRows(environment);
    // What a run leaves that landed at the same instant and came too late.
    const folder = `${environment.folder}/store/votes`;
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile) continue;
      const twin = name.replace(/^\d{8}T\d{6}/, "20991231T235959");
      await Deno.copyFile(`${folder}/${name}`, `${folder}/${twin}`);
      await Deno.copyFile(
        `${folder}/.notes/${name}`,
        `${folder}/.notes/${twin}`,
      );
    }
    const next = await runPosts(environment, { files: FIRST });
    assertEquals(next.exit, 0, next.stderr);
    assertMatch(next.stderr, /the same bytes as .*: not loaded/);
    await assertSound(environment, dialect);
    assertEquals(await keptRows(environment), before);
  });
}

/** Each delivery has one post and one vote that no other has. */
async function makeDeliveries(
  environment: Environment,
  count: number,
): Promise<string[][]> {
  const deliveries: string[][] = [];
  for (let number = 1; number <= count; number++) {
    const folder = `${environment.folder}/delivery_${number}`;
    await Deno.mkdir(folder);
    const id = 900_000 + number;
    const at = "2017-03-01T10:00:00.000";
    await Deno.writeTextFile(
      `${folder}/posts.jsonl`,
      JSON.stringify({
        Id: `${id}`,
        PostTypeId: "1",
        CreationDate: at,
        LastActivityDate: at,
        Score: "1",
        Body: "",
      }) + "\n",
    );
    await Deno.writeTextFile(
      `${folder}/votes.jsonl`,
      JSON.stringify({
        Id: `${id}`,
        PostId: `${id}`,
        VoteTypeId: "2",
        CreationDate: "2017-03-02T00:00:00.000",
      }) + "\n",
    );
    // Deliveries differ in size only by luck; equal sources would be compared.
    deliveries.push([`${folder}/posts.jsonl`, `${folder}/votes.jsonl`]);
  }
  return deliveries;
}

async function assertAllThere(
  environment: Environment,
  count: number,
): Promise<void> {
  const [found] = await rowsIn(
    environment,
    `select (select count(*) from posts where post_id > 900000) as post_count,
       (select count(*) from votes where vote_id > 900000) as vote_count,
       (select count(*) from sluice_rejected_lines) as rejected_count`,
  );
  assertEquals(Number(found.post_count), count);
  assertEquals(Number(found.vote_count), count);
}
