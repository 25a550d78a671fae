/** The tasks as a user starts them, in a fresh copy of the project. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { copyProject } from "./support/copy_project.ts";

const POSTS = ["posts", "data/posts/posts.json", "data/posts/votes.json"];
const SECOND = [
  "posts",
  "data/posts/posts_2.jsonl",
  "data/posts/votes_2.jsonl.gz",
];

/** The tasks of one copy of the project. */
interface Project {
  folder: string;
  task: (...args: string[]) => ReturnType<typeof runTask>;
  expectExit: (
    code: number,
    ...args: string[]
  ) => ReturnType<typeof runTask>;
}

/** Each step goes on where the one before has ended. */
const STEPS: Record<string, (project: Project) => Promise<void>> = {
  "a mistyped flag is 64 and names the nearest": async ({ expectExit }) => {
    const { stderr } = await expectExit(64, "posts", "--quite");
    assertStringIncludes(stderr, "did you mean --quiet?");
  },

  "a mistyped job is 64 and names the nearest": async ({ expectExit }) => {
    const { stderr } = await expectExit(64, "readmit", "psots");
    assertStringIncludes(stderr, 'did you mean "posts"?');
  },

  "what lacks its words or has a wrong number is 64": async (
    { expectExit },
  ) => {
    await expectExit(64, "batches", "take-back", "posts");
    await expectExit(64, "batches", "list", "posts", "a-batch");
    await expectExit(64, "sample", "posts", "--seed", "abc");
    await expectExit(64, "sample", "stock");
    await expectExit(64, "query", "--pipeline", "rides", "select 1");
  },

  "a missing setting is 64 and says how to do without": async (
    { expectExit },
  ) => {
    const { stderr } = await expectExit(64, "posts");
    assertStringIncludes(stderr, '"POSTS_INBOX_URL" is not set');
  },

  "a quiet run prints nothing": async ({ expectExit }) => {
    const { stdout, stderr } = await expectExit(0, ...POSTS, "--quiet");
    assertEquals(stdout + stderr, "");
  },

  "a quiet run that fails prints everything": async ({ expectExit }) => {
    const { stderr } = await expectExit(
      2,
      "posts",
      "data/posts/votes.json",
      "data/posts/posts.json",
      "--quiet",
    );
    assertStringIncludes(stderr, "landed votes.json as posts/");
    assertStringIncludes(stderr, "error: Check failed in");
  },

  "--json prints one object on stdout": async ({ expectExit }) => {
    const { stdout } = await expectExit(0, ...SECOND, "--json");
    const result = JSON.parse(stdout);
    assertEquals(result.outcome, "ok");
    assertEquals(result.rejected, 1);
    assertEquals(result.answers["060_show_answer.sql"].length, 1);
  },

  "query writes tables, CSV, JSON and JSON Lines": async ({ expectExit }) => {
    const select =
      "select 9007199254740993 as big, 'a,\"b\"' as text, null as empty";
    const query = async (format: string) =>
      (await expectExit(0, "query", "--format", format, select)).stdout;
    assertStringIncludes(await query("table"), "9007199254740993");
    assertEquals(
      await query("csv"),
      'big,text,empty\n9007199254740993,"a,""b""",\n',
    );
    assertEquals(
      await query("jsonl"),
      '{"big":9007199254740993,"text":"a,\\"b\\"","empty":null}\n',
    );
    assertEquals(JSON.parse(await query("json")).length, 1);
  },

  "query only reads, and only one statement": async ({ expectExit }) => {
    for (
      const text of [
        "delete from votes",
        "insert into votes default values returning 1",
        "select 1; select 2",
        "pragma user_version = 7",
        "attach 'other.db' as other",
      ]
    ) {
      const { stderr } = await expectExit(1, "query", text);
      assertStringIncludes(stderr, "Cannot run the query");
    }
  },

  "look shows rows and leaves no trace": async ({ expectExit }) => {
    const before = await expectExit(0, "query", "select * from votes");
    const { stderr } = await expectExit(0, "look", "posts", "042");
    assertStringIncludes(stderr, "vote_id");
    const { stdout } = await expectExit(0, "query", "select * from votes");
    assertEquals(stdout, before.stdout);
    await expectExit(64, "look", "posts", "999");
  },

  "a batch is taken back, and set aside by hand": async ({ expectExit }) => {
    const { stdout } = await expectExit(
      0,
      "batches",
      "list",
      "posts",
      "--json",
    );
    const rows = JSON.parse(stdout);
    const aside = rows.filter((row: { state: string }) =>
      row.state === "set_aside"
    );
    assertEquals(aside.length, 2);
    const { batch } = aside[0];
    await expectExit(0, "batches", "take-back", "posts", batch);
    await expectExit(1, "batches", "take-back", "posts", batch);
    // It is as bad as before: the next run sets it aside again.
    await expectExit(2, ...SECOND);
    await expectExit(1, "batches", "set-aside", "posts", batch);
    await expectExit(1, "batches", "set-aside", "posts", "nonsense");
  },

  "rebuild says equal, and after a change which rows differ": async (
    { folder, expectExit },
  ) => {
    const { stderr } = await expectExit(0, "rebuild", "posts");
    assertStringIncludes(stderr, "rebuilt and equal");
    const mend = await editedClean(
      folder,
      (text) => text.replace('"Title" as title', 'upper("Title") as title'),
    );
    const second = await expectExit(3, "rebuild", "posts");
    assertStringIncludes(second.stderr, "posts differs");
    await expectExit(0, "rebuild", "posts", "--publish");
    await expectExit(0, "rebuild", "posts");
    const { stdout } = await expectExit(
      0,
      "query",
      "select count(*) as n from posts where title <> upper(title)",
    );
    assertStringIncludes(stdout, "0");
    await mend();
  },

  "rejected lines pass after the SQL was mended": async (
    { folder, task, expectExit },
  ) => {
    const mend = await editedClean(folder, (text) =>
      text.replace(
        "from staging_posts as staged",
        `from (
          select batch, line_number, replace(body, '12abc', '777777') as body
          from staging_posts
        ) as staged`,
      ));
    const mended = await task("readmit", "posts");
    await mend();
    assertEquals(mended.code, 0, mended.stderr);
    const { stdout } = await expectExit(
      0,
      "query",
      "select (select count(*) from sluice_rejected_lines) as rejected, (select count(*) from posts where post_id = 777777) as passed",
      "--format",
      "csv",
    );
    assertEquals(stdout, "rejected,passed\n0,1\n");
  },

  "the demo runs twice, and stops its server": async (
    { folder, expectExit },
  ) => {
    for (const _ of [1, 2]) {
      const { stderr } = await expectExit(0, "demo");
      assertStringIncludes(stderr, "stopped");
    }
    const left = [...Deno.readDirSync(`${folder}/.sluice/demo/postgres/data`)]
      .filter((entry) => entry.name === "postmaster.pid");
    assertEquals(left, []);
  },
};

Deno.test("tasks, from the first delivery to a rebuild", async (test) => {
  const folder = await copyProject();
  const task = (...args: string[]) => runTask(folder, args);
  const expectExit = async (code: number, ...args: string[]) => {
    const found = await task(...args);
    assertEquals(found.code, code, `${args.join(" ")}\n${found.stderr}`);
    return found;
  };
  try {
    for (const [name, body] of Object.entries(STEPS)) {
      await test.step(name, () => body({ folder, task, expectExit }));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Changes what 010 makes of a post; the returned function puts it back. */
async function editedClean(
  folder: string,
  edit: (text: string) => string,
): Promise<() => Promise<void>> {
  const path = `${folder}/sql/posts/sqlite/010_clean_posts.sql`;
  const text = await Deno.readTextFile(path);
  assert(edit(text) !== text, "expected something to edit, found nothing");
  await Deno.writeTextFile(path, edit(text));
  return () => Deno.writeTextFile(path, text);
}

async function runTask(folder: string, args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", ...args],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
