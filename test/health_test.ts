/** `status` and `doctor` say what is wrong, and only what is wrong. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { examine } from "../scripts/lib/run/doctor.ts";
import { rebuild } from "../scripts/lib/run/rebuild.ts";
import { jobStatus } from "../scripts/lib/run/status.ts";
import {
  DIALECTS,
  type Environment,
  makeEnvironment,
} from "./support/environment.ts";
import { AdsWorld } from "./support/ads_world.ts";
import { emptyAds } from "./support/archive_world.ts";
import { quietContext } from "./support/quiet_context.ts";
import { s3Test, sharedS3Server } from "./support/s3_server.ts";
import { runPosts } from "./support/sluice_process.ts";
import { keptRows } from "./support/soundness.ts";

const ROOT = Deno.cwd();
const FIRST = ["data/posts/posts.json", "data/posts/votes.json"];
const SECOND = ["data/posts/posts_2.jsonl", "data/posts/votes_2.jsonl.gz"];
const SWAPPED = ["data/posts/posts_2.jsonl", "data/posts/posts_2.jsonl"];

async function promise(environment: Environment, hours: number) {
  await environment.rows(
    `insert into sluice_promises (job, fresh_within_hours)
     values ('posts', ${hours})
     on conflict (job) do update set fresh_within_hours = ${hours}
     returning job`,
  );
}

async function wrongWith(environment: Environment): Promise<string[]> {
  const findings = await examine("posts", quietContext(environment));
  assert(findings.length > 1, JSON.stringify(findings));
  return findings.filter(({ ok }) => !ok)
    .map(({ part, found }) => `${part}: ${found}`);
}

for (const dialect of DIALECTS) {
  Deno.test(`status follows a job from never run to a broken promise (${dialect})`, async () => {
    await using environment = await makeEnvironment(dialect);
    const context = quietContext(environment);
    assertEquals((await jobStatus("posts", context)).state, "never run");
    assertEquals((await runPosts(environment, { files: FIRST })).exit, 0);
    const after_one = await jobStatus("posts", context);
    assertEquals(after_one.state, "no promise");
    assertEquals(after_one.waiting_count, 0);
    assertEquals(after_one.set_aside_count, 0);

    await promise(environment, 24);
    assertEquals((await jobStatus("posts", context)).state, "fresh");
    await promise(environment, 0);
    assertEquals((await jobStatus("posts", context)).state, "stale");

    assertEquals((await runPosts(environment, { files: SWAPPED })).exit, 2);
    const after_stop = await jobStatus("posts", context);
    assert(after_stop.set_aside_count! > 0, JSON.stringify(after_stop));
    assert(after_stop.rejected_count! > 0, JSON.stringify(after_stop));

    const killed = await runPosts(environment, {
      files: SECOND,
      env: { SLUICE_CRASH_AT: "land votes:after" },
    });
    assertEquals(killed.signal, "SIGKILL");
    const after_kill = await jobStatus("posts", context);
    assert(after_kill.waiting_count! > 0, JSON.stringify(after_kill));
  });

  Deno.test(`doctor finds what a run would not (${dialect})`, async () => {
    await using environment = await makeEnvironment(dialect);
    assertEquals(await wrongWith(environment), []);
    assertEquals((await runPosts(environment, { files: FIRST })).exit, 0);
    assertEquals(await wrongWith(environment), []);

    const folder = `${environment.folder}/store/votes`;
    const [{ batch }] = await environment.rows(
      "select batch from sluice_batches where feed = 'votes'",
    );
    const early = "20200203T040506.789Z_0123456789ab";
    await Deno.rename(`${folder}/${batch}`, `${folder}/${early}`);
    const [objects, gone] = await wrongWith(environment);
    assertStringIncludes(objects, `objects: votes: 1 were landed and never`);
    assertStringIncludes(objects, early);
    assertStringIncludes(
      gone,
      `objects: votes: 1 were loaded and are no longer`,
    );
    await Deno.rename(`${folder}/${early}`, `${folder}/${batch}`);

    await environment.rows(
      "delete from schema_migrations where version = '20260105100200' returning version",
    );
    assertEquals(await wrongWith(environment), [
      "migrations: 1 are missing: deno task migrate posts",
    ]);
  });
}

for (const dialect of DIALECTS) {
  Deno.test(`what doctor advises for overlooked batches helps (${dialect})`, async () => {
    await using environment = await makeEnvironment(dialect);
    assertEquals((await runPosts(environment, { files: FIRST })).exit, 0);
    const before = await keptRows(environment);
    // The same delivery, landed elsewhere long ago, and two votes besides.
    const lines = ["100001", "100002"].map((id) =>
      JSON.stringify({
        Id: id,
        PostId: "1",
        VoteTypeId: "2",
        CreationDate: "2016-01-01T00:00:00.000",
      })
    );
    const text = lines.join("\n") + "\n";
    const sha256 = createHash("sha256").update(text).digest("hex");
    const early = `20200203T040506.789Z_${sha256.slice(0, 12)}`;
    const folder = `${environment.folder}/store/votes`;
    await Deno.writeTextFile(`${folder}/${early}`, text);
    const note = JSON.stringify({ sha256 });
    await Deno.writeTextFile(`${folder}/.notes/${early}`, `${note}\n`);
    const [objects, ...others] = await wrongWith(environment);
    assertStringIncludes(objects, "rebuild posts --publish loads them");
    assertEquals(others, []);

    const context = quietContext(environment);
    const differences = await rebuild({
      job: "posts",
      publish: false,
      context,
    });
    assert(differences.some(({ table }) => table === "votes"));
    assertEquals(await keptRows(environment), before);
    await rebuild({ job: "posts", publish: true, context });
    assertEquals(await wrongWith(environment), []);
    const [{ n }] = await environment.rows(
      `select count(*) as n from votes where batch = '${early}'`,
    );
    assertEquals(Number(n), 2);
    const [{ state }] = await environment.rows(
      `select state from sluice_batches where batch = '${early}'`,
    );
    assertEquals(state, "merged");
    assertEquals(
      await rebuild({ job: "posts", publish: false, context }),
      [],
    );
  });
}

Deno.test("doctor is content after a refused answer was taken back and merged", async () => {
  await using world = await AdsWorld.make({ behave: ["type:text/plain"] });
  await world.expect(1);
  const [batch] = (await world.objects("backup/refused")).keys();
  await world.takeBack(batch);
  await world.expect(0);
  const wrong = async () =>
    (await examine("ads", quietContext(world.environment)))
      .filter(({ ok }) => !ok).map(({ found }) => found);
  assertEquals(await wrong(), []);
  const folder = `${world.environment.folder}/store/backup/refused`;
  await Deno.rename(`${folder}/${batch}`, `${folder}/.${batch}`);
  const [gone] = await wrong();
  assertStringIncludes(gone, "1 were loaded and are no longer in");
});

Deno.test("doctor tries the store of a job that only archives", async () => {
  await using environment = await emptyAds();
  const { settings, folder } = environment;
  const storeIsFine = async () =>
    (await examine("ads_archive", quietContext(environment)))
      .find(({ part }) => part === "store")!.ok;
  assert(await storeIsFine());
  await Deno.writeTextFile(`${folder}/a_file`, "");
  settings.store_url = `file:${folder}/a_file/store`;
  assert(!await storeIsFine());
});

s3Test("doctor tries the S3 store of a job that only archives", async () => {
  await using environment = await emptyAds();
  const server = await sharedS3Server();
  const store = async (url: string) => {
    environment.settings.store_url = url;
    return (await examine("ads_archive", quietContext(environment)))
      .find(({ part }) => part === "store")!;
  };
  assert((await store(server.url(await server.makeBucket()))).ok);
  const dead = await store("s3://ad-data?endpoint=http://127.0.0.1:1");
  assert(!dead.ok, dead.found);
});

Deno.test("doctor names a store and a warehouse that cannot be used", async () => {
  await using environment = await makeEnvironment("postgres");
  const { settings, folder } = environment;
  await Deno.writeTextFile(`${folder}/a_file`, "");
  settings.store_url = `file:${folder}/a_file/store`;
  const url = settings.postgres_url!;
  settings.postgres_url = "postgres://nobody:canary_word@127.0.0.1:1/none";
  const wrong = (await examine("posts", quietContext(environment)))
    .filter(({ ok }) => !ok);
  assertEquals(wrong.map(({ part }) => part), ["store", "warehouse"]);
  assert(!JSON.stringify(wrong).includes("canary_word"));
  assertEquals(
    (await jobStatus("posts", quietContext(environment))).state,
    "unreachable",
  );
  settings.postgres_url = url;
});

Deno.test("doctor and status end with 3 when something is wrong, and say what", async () => {
  await using environment = await makeEnvironment("sqlite");
  const project = `${environment.folder}/project`;
  await Deno.mkdir(`${project}/sql/posts`, { recursive: true });
  await Deno.symlink(
    `${ROOT}/sql/posts/sqlite`,
    `${project}/sql/posts/sqlite`,
  );
  await Deno.symlink(`${ROOT}/migrations`, `${project}/migrations`);
  await Deno.copyFile(`${ROOT}/.env.example`, `${project}/.env.example`);
  const run = async (task: string, ...more: string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ..."run -q -A --config".split(" "),
        `${ROOT}/deno.json`,
        `${ROOT}/scripts/commands/${task}.ts`,
        ...more,
      ],
      cwd: project,
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH")!, HOME: Deno.env.get("HOME")! },
      stdout: "null",
    }).output();
    return { code, text: new TextDecoder().decode(stderr) };
  };
  assertEquals((await run("doctor")).code, 0);
  assertEquals((await run("status")).code, 0);
  await Deno.writeTextFile(`${project}/.env`, "STORE_ULR=file:store\n");
  const doctor = await run("doctor");
  assertEquals(doctor.code, 3);
  assertStringIncludes(
    doctor.text,
    ".env has STORE_ULR: did you mean STORE_URL?",
  );
  // A job that nobody asks for needs no settings; one that is asked for does.
  await Deno.mkdir(`${project}/sql/ads`, { recursive: true });
  await Deno.symlink(`${ROOT}/sql/ads/postgres`, `${project}/sql/ads/postgres`);
  await Deno.writeTextFile(`${project}/.env`, "");
  assertEquals((await run("doctor")).code, 0);
  const asked = await run("doctor", "ads");
  assertEquals(asked.code, 3);
  assertStringIncludes(asked.text, "ads  settings  ADS_API_URL is not set");
  await Deno.writeTextFile(`${project}/.env`, "ADS_API_URL=http://127.0.0.1\n");
  assertEquals((await run("doctor", "ads")).code, 0);
  await Deno.remove(`${project}/sql/ads`, { recursive: true });
  await Deno.writeTextFile(`${project}/.env`, "SQLITE_PATH=.env.example\n");
  const status = await run("status");
  assertEquals(status.code, 3);
  assertStringIncludes(status.text, 'Cannot judge "posts"');
});
