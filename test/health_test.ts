/** `status` and `doctor` say what is wrong, and only what is wrong. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { examine } from "../scripts/lib/run/doctor.ts";
import { jobStatus } from "../scripts/lib/run/status.ts";
import {
  DIALECTS,
  type Environment,
  makeEnvironment,
} from "./support/environment.ts";
import { quietContext } from "./support/quiet_context.ts";
import { runPosts } from "./support/sluice_process.ts";

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
  const run = async (task: string) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ..."run -q -A --config".split(" "),
        `${ROOT}/deno.json`,
        `${ROOT}/scripts/commands/${task}.ts`,
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
  await Deno.writeTextFile(`${project}/.env`, "SQLITE_PATH=.env.example\n");
  const status = await run("status");
  assertEquals(status.code, 3);
  assertStringIncludes(status.text, 'Cannot judge "posts"');
});
