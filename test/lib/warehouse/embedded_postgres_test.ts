import { assert, assertEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import {
  type EmbeddedPostgres,
  embeddedPostgresStatus,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from "../../../scripts/lib/warehouse/embedded_postgres.ts";

const MODULE = import.meta.resolve(
  "../../../scripts/lib/warehouse/embedded_postgres.ts",
);

/** Gives a folder for one server, and leaves neither behind. */
async function withFolder(work: (folder: string) => Promise<void>) {
  const home = await Deno.makeTempDir({ prefix: "sluice_test_" });
  await Deno.chmod(home, 0o755);
  const folder = `${home}/postgres`;
  try {
    await work(folder);
  } finally {
    await stopEmbeddedPostgres(folder);
    await Deno.remove(home, { recursive: true });
  }
}

async function query(
  server: EmbeddedPostgres,
  text: string,
  options: Record<string, unknown> = {},
): Promise<Record<string, unknown>[]> {
  const sql = postgres(server.url, { max: 1, onnotice: () => {}, ...options });
  try {
    return [...await sql.unsafe(text)];
  } finally {
    await sql.end();
  }
}

async function postmasterPid(folder: string): Promise<number> {
  const text = await Deno.readTextFile(`${folder}/data/postmaster.pid`);
  return Number(text.split("\n")[0]);
}

/** Kills the server as kill -9 does, and waits until it is gone. */
async function kill(folder: string): Promise<void> {
  Deno.kill(await postmasterPid(folder), "SIGKILL");
  while (await embeddedPostgresStatus(folder)) await sleep(10);
}

/** Is a program that is no PostgreSQL. */
async function hangUp(listener: Deno.Listener): Promise<void> {
  for await (const connection of listener) connection.close();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Starts the server from a process of its own. */
async function startElsewhere(folder: string, env = {}): Promise<string> {
  const code = `import { startEmbeddedPostgres } from "${MODULE}";
    const { port, started } = await startEmbeddedPostgres({ folder: ${
    JSON.stringify(folder)
  } });
    console.log(JSON.stringify({ port, started }));`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    env: { NO_COLOR: "1", ...env },
  }).output();
  return new TextDecoder().decode(success ? stdout : stderr);
}

Deno.test("a server starts in an empty folder, stops, and keeps its data", () =>
  withFolder(async (folder) => {
    assertEquals(await embeddedPostgresStatus(folder), undefined);
    assertEquals(await stopEmbeddedPostgres(folder), false);

    const first = await startEmbeddedPostgres({ folder });
    assertEquals(first.started, true);
    const [settings] = await query(
      first,
      `select current_setting('fsync') as fsync,
        current_setting('server_encoding') as encoding,
        current_setting('TimeZone') as timezone,
        (select datlocprovider::text || ' ' || datlocale from pg_database
          where datname = current_database()) as locale`,
    );
    assertEquals(settings, {
      fsync: "on",
      encoding: "UTF8",
      timezone: "UTC",
      locale: "b C.UTF-8",
    });
    await query(first, "create table kept as select 1 as value");

    const again = await startEmbeddedPostgres({ folder });
    assertEquals(again, { ...first, started: false });

    assertEquals(await stopEmbeddedPostgres(folder), true);
    assertEquals(await embeddedPostgresStatus(folder), undefined);
    const second = await startEmbeddedPostgres({ folder });
    assertEquals(second, first);
    assertEquals(await query(second, "table kept"), [{ value: 1 }]);
  }));

Deno.test("eight starts at once give one server", () =>
  withFolder(async (folder) => {
    const starts = await Promise.all(
      Array.from({ length: 8 }, () => startElsewhere(folder)),
    );
    const results = starts.map((text) => JSON.parse(text));
    assertEquals(results.filter(({ started }) => started).length, 1);
    assertEquals(new Set(results.map(({ port }) => port)).size, 1);
  }));

Deno.test("a killed server comes back with what was committed", () =>
  withFolder(async (folder) => {
    const first = await startEmbeddedPostgres({ folder });
    await query(first, "create table kept as select 1 as value");
    await kill(folder);
    // A process of this user now has the number that the server had.
    const pid_path = `${folder}/data/postmaster.pid`;
    const pid_file = await Deno.readTextFile(pid_path);
    await Deno.writeTextFile(pid_path, pid_file.replace(/^\d+/, `${Deno.pid}`));

    const second = await startEmbeddedPostgres({ folder });
    assertEquals(second, first);
    assertEquals(await query(second, "table kept"), [{ value: 1 }]);
  }));

Deno.test("a port that another program has taken is left to it", () =>
  withFolder(async (folder) => {
    const first = await startEmbeddedPostgres({ folder });
    await kill(folder);
    using other = Deno.listen({ hostname: "127.0.0.1", port: first.port });
    hangUp(other);
    assertEquals(await embeddedPostgresStatus(folder), undefined);
    const second = await startEmbeddedPostgres({ folder });
    assert(second.port !== first.port);
    assertEquals(await query(second, "select 1 as one"), [{ one: 1 }]);
  }));

Deno.test("the network needs the password, the socket is for its owner", () =>
  withFolder(async (folder) => {
    const server = await startEmbeddedPostgres({ folder });
    const [method] = await query(
      server,
      "select substring(rolpassword, 1, 13) as form from pg_authid " +
        "where rolname = 'sluice'",
    );
    assertEquals(method, { form: "SCRAM-SHA-256" });
    const { password } = new URL(server.url);
    for (const other of ["wrong", ""]) {
      const url = server.url.replace(password, other);
      const error = await assertRejects(() =>
        query({ ...server, url }, "select 1")
      );
      assertEquals((error as { code?: string }).code, "28P01", `${error}`);
    }
    assertEquals(password.length, 48);
    assert(!server.printable_url.includes(password));
    assert(
      !(await Deno.readTextFile(`${folder}/server.log`)).includes(password),
    );

    const path = `${server.socket_folder}/.s.PGSQL.${server.port}`;
    const url = server.url.replace(password, "");
    const rows = await query({ ...server, url }, "select 1 as one", { path });
    assertEquals(rows, [{ one: 1 }]);
    for (const name of ["", "/data", "/socket"]) {
      const { mode } = await Deno.stat(`${folder}${name}`);
      assertEquals((mode! & 0o777).toString(8), "700", name);
    }
    const { mode } = await Deno.stat(`${folder}/password`);
    assertEquals((mode! & 0o777).toString(8), "600");
  }));

Deno.test("a folder with a long path gets its socket in a short one", () =>
  withFolder(async (home) => {
    const folder = `${home}/${"long".repeat(20)}/it's "$HOME", here`;
    const server = await startEmbeddedPostgres({ folder });
    try {
      assert(server.socket_folder.startsWith("/tmp/sluice-"));
      const path = `${server.socket_folder}/.s.PGSQL.${server.port}`;
      const rows = await query(server, "select 1 as one", { path });
      assertEquals(rows, [{ one: 1 }]);
    } finally {
      await stopEmbeddedPostgres(folder);
    }
    await assertRejects(
      () => Deno.stat(server.socket_folder),
      Deno.errors.NotFound,
    );
  }));

Deno.test("a copied folder is not taken for the running server", () =>
  withFolder(async (folder) => {
    await startEmbeddedPostgres({ folder });
    const copy = `${folder}_copy`;
    await Deno.mkdir(`${copy}/data`, { recursive: true });
    for (const name of ["password", "data/postmaster.pid"]) {
      await Deno.copyFile(`${folder}/${name}`, `${copy}/${name}`);
    }
    assertEquals(await embeddedPostgresStatus(copy), undefined);
  }));

Deno.test("a first start that was cut short is begun again", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data.new/base`, { recursive: true });
    await Deno.writeTextFile(`${folder}/data.new/PG_VERSION`, "18\n");
    const server = await startEmbeddedPostgres({ folder });
    assertEquals(await query(server, "select 1 as one"), [{ one: 1 }]);
  }));

Deno.test("data of another version is left alone", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`, { recursive: true });
    await Deno.writeTextFile(`${folder}/data/PG_VERSION`, "17\n");
    await assertRejects(
      () => startEmbeddedPostgres({ folder }),
      Error,
      "expected data of version 18, found version 17",
    );
  }));

Deno.test("a start that fails says why and where the log is", () =>
  withFolder(async (folder) => {
    await startEmbeddedPostgres({ folder });
    await stopEmbeddedPostgres(folder);
    await Deno.writeTextFile(
      `${folder}/data/postgresql.auto.conf`,
      "no_such_setting = 1\n",
    );
    const error = await assertRejects(() => startEmbeddedPostgres({ folder }));
    const { message } = error as Error;
    assert(message.includes("no_such_setting"), message);
    assert(message.includes(`${folder}/server.log`), message);
  }));

Deno.test("a relative folder is refused", () =>
  assertRejects(
    () => startEmbeddedPostgres({ folder: ".sluice/postgres" }),
    TypeError,
    "expected an absolute path",
  ));

Deno.test({
  name: "as root the files stay root's",
  ignore: Deno.uid() !== 0,
  fn: () =>
    withFolder(async (folder) => {
      await startEmbeddedPostgres({ folder });
      assertEquals((await Deno.stat(`${folder}/data`)).uid, 0);
    }),
});

Deno.test({
  name: "as root without user namespaces another user runs the server",
  ignore: Deno.uid() !== 0,
  fn: () =>
    withFolder(async (folder) => {
      // Without a PATH there is no "unshare".
      const text = await startElsewhere(folder, { PATH: "/nonexistent" });
      if (text.includes("POSTGRES_URL")) return; // Out of that user's reach.
      assertEquals(JSON.parse(text).started, true);
      assertEquals((await Deno.stat(`${folder}/data`)).uid, 65534);
      const server = await startEmbeddedPostgres({ folder });
      assertEquals(server.started, false);
      assertEquals(await query(server, "select 1 as one"), [{ one: 1 }]);
    }),
});
