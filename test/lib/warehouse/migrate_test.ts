import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import {
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from "../../../scripts/lib/warehouse/embedded_postgres.ts";
import {
  migrate,
  type MigrateOptions,
  missingMigrations,
} from "../../../scripts/lib/warehouse/migrate.ts";

const ONE = "20210101000000_make_one.sql";
const TWO = "20210102000000_make_two.sql";
const THREE = "20210103000000_make_three.sql";

/** A warehouse of one dialect: where it is, and which tables it has. */
interface Place {
  dialect: MigrateOptions["dialect"];
  url: string;
  tables: () => Promise<string[]>;
}

interface Setting {
  home: string;
  folders: string[];
  lock_path: string;
}

/** Gives two folders with a migration each. */
async function withFolders(work: (setting: Setting) => Promise<void>) {
  const home = await Deno.makeTempDir({ prefix: "sluice_test_" });
  const folders = [`${home}/sluice`, `${home}/posts`];
  try {
    for (const folder of folders) await Deno.mkdir(folder);
    await write(`${folders[1]}/${ONE}`, "create table one (value integer);");
    await write(`${folders[0]}/${TWO}`, "create table two (value integer);");
    await work({ home, folders, lock_path: `${home}/migrate.lock` });
  } finally {
    await stopEmbeddedPostgres(`${home}/postgres`);
    await Deno.remove(home, { recursive: true });
  }
}

function write(path: string, up: string): Promise<void> {
  const text = `-- A header.\n\n-- migrate:up\n${up}\n\n-- migrate:down\n`;
  return Deno.writeTextFile(path, text);
}

function sqlitePlace(path: string): Place {
  const sql = "select name from sqlite_schema where type = 'table' order by 1";
  return {
    dialect: "sqlite",
    url: path,
    tables: () => {
      using db = new DatabaseSync(path);
      const rows = db.prepare(sql).all();
      return Promise.resolve(rows.map((row) => String(row.name)));
    },
  };
}

function postgresPlace(url: string, schema: string): Place {
  return {
    dialect: "postgres",
    url: `${url}&schema=${schema}`,
    tables: async () => {
      const sql = postgres(url, { max: 1 });
      try {
        const rows = await sql`select tablename from pg_tables
          where schemaname = ${schema} order by 1`;
        return rows.map(({ tablename }) => tablename);
      } finally {
        await sql.end();
      }
    },
  };
}

/** Does the same in a SQLite file and in a PostgreSQL schema. */
async function inBoth(
  { home }: Setting,
  work: (place: Place) => Promise<void>,
) {
  await work(sqlitePlace(`${home}/ware house %41 ü.db`));
  const { url } = await startEmbeddedPostgres({ folder: `${home}/postgres` });
  await work(postgresPlace(url, "dev_anna"));
}

Deno.test("migrations of all folders are applied once, in the order of name", () =>
  withFolders(async (setting) => {
    const { folders, lock_path } = setting;
    await inBoth(setting, async ({ tables, ...place }) => {
      const options = { ...place, folders, lock_path };
      assertEquals(await migrate(options), [ONE, TWO]);
      assertEquals(await tables(), ["one", "schema_migrations", "two"]);
      assertEquals(await migrate(options), []);
    });
  }));

Deno.test("four migrations at once take turns", () =>
  withFolders(async (setting) => {
    const { folders, lock_path } = setting;
    await inBoth(setting, async ({ tables, ...place }) => {
      const options = { ...place, folders, lock_path };
      const applied = await Promise.all(
        Array.from({ length: 4 }, () => migrate(options)),
      );
      assertEquals(applied.flat(), [ONE, TWO]);
      assertEquals((await tables()).length, 3);
    });
  }));

Deno.test("migrations of two machines at once do not fail", () =>
  withFolders(async (setting) => {
    const { home, folders } = setting;
    await write(`${folders[0]}/${THREE}`, "select pg_sleep(0.2);");
    const { url } = await startEmbeddedPostgres({ folder: `${home}/postgres` });
    const { tables, ...place } = postgresPlace(url, "shared");
    await Promise.all(
      ["a", "b"].map((machine) =>
        migrate({ ...place, folders, lock_path: `${home}/${machine}.lock` })
      ),
    );
    assertEquals(await tables(), ["one", "schema_migrations", "two"]);
  }));

Deno.test("a failing migration leaves nothing and names its file", () =>
  withFolders(async (setting) => {
    const { folders, lock_path } = setting;
    const path = `${folders[1]}/${THREE}`;
    await inBoth(setting, async ({ tables, ...place }) => {
      await write(
        path,
        "create table three (value integer);\nselect missing from three;",
      );
      const error = await assertRejects(() =>
        migrate({ ...place, folders, lock_path })
      );
      const { message } = error as Error;
      assertEquals(await tables(), ["one", "schema_migrations", "two"]);
      if (place.dialect === "sqlite") {
        assertEquals(
          message,
          `Cannot migrate ${path}: no such column: missing`,
        );
      } else {
        assertEquals(
          message,
          `Cannot migrate ${path}:5:8: column "missing" does not exist\n` +
            `  select missing from three;\n         ^`,
        );
      }
      await write(path, "create table three (value integer);");
      assertEquals(await migrate({ ...place, folders, lock_path }), [THREE]);
    });
  }));

Deno.test("an error never shows the password", () =>
  withFolders(async ({ home, folders, lock_path }) => {
    const { port } = await startEmbeddedPostgres({
      folder: `${home}/postgres`,
    });
    const server = `127.0.0.1:${port}/postgres`;
    for (const password of ["c4nary", "c4n%20ary", "c4n%zzary"]) {
      const url = `postgres://sluice:${password}@${server}`;
      const error = await assertRejects(() =>
        migrate({ dialect: "postgres", url, folders, lock_path })
      );
      assert(`${error}`.startsWith("Error: Cannot migrate: "), `${error}`);
      assert(!`${error}`.includes("c4n"), `${error}`);
    }
    await assertRejects(
      () => migrate({ dialect: "postgres", url: "c4nary", folders, lock_path }),
      TypeError,
      "expected a URL such as",
    );
  }));

Deno.test("a schema must have a plain name", () =>
  withFolders(async ({ folders, lock_path }) => {
    for (const schema of ["Dev", "dev-anna", "1dev", "dev,public", ""]) {
      const query = new URLSearchParams({ schema });
      const url = `postgres://sluice@127.0.0.1:1/postgres?${query}`;
      await assertRejects(
        () => migrate({ dialect: "postgres", url, folders, lock_path }),
        TypeError,
        `Cannot migrate schema "${schema}"`,
      );
    }
  }));

Deno.test("missing migrations are the versions without a row, in order", () =>
  withFolders(async ({ home, folders }) => {
    await Deno.writeTextFile(`${folders[0]}/README.md`, "no migration");
    const both = ["20210101000000", "20210102000000"];
    assertEquals(missingMigrations(folders, new Set()), both);
    assertEquals(missingMigrations(folders, new Set(both.slice(0, 1))), [
      both[1],
    ]);
    assertEquals(missingMigrations(folders, new Set([...both, "7"])), []);
    assertThrows(
      () => missingMigrations([`${home}/none`], new Set()),
      Error,
      `Cannot read the migrations in "${home}/none"`,
    );
  }));

Deno.test("two files may not share a version", () =>
  withFolders(async ({ folders }) => {
    await write(`${folders[0]}/20210101000000_other.sql`, "select 1;");
    assertThrows(
      () => missingMigrations(folders, new Set()),
      Error,
      "expected a version of its own, found 20210101000000 in",
    );
  }));
