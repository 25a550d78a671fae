/** A project folder of one test's own, whose SQL a test may change. */
import type { TestDialect } from "./environment.ts";

/** A copy of the SQL of one job and of the migrations; disposing removes it. */
export interface Project {
  folder: string;
  /** Adds a file to the SQL folder, or replaces one. */
  write(dialect: TestDialect, name: string, text: string): Promise<void>;
  remove(dialect: TestDialect, name: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Copies what a run takes from the folder in which it is started. */
export async function makeProject(job = "posts"): Promise<Project> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_project_" });
  for (const name of [`sql/${job}`, "migrations"]) {
    await copySql(name, `${folder}/${name}`);
  }
  const path = (dialect: TestDialect, name: string) =>
    `${folder}/sql/${job}/${dialect}/${name}`;
  return {
    folder,
    write: (dialect, name, text) =>
      Deno.writeTextFile(path(dialect, name), text),
    remove: (dialect, name) => Deno.remove(path(dialect, name)),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function copySql(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copySql(`${from}/${name}`, `${to}/${name}`);
    else if (name.endsWith(".sql")) {
      await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    }
  }
}

/** A SQL file that takes about this long, in the middle of a run. */
export function slowFile(dialect: TestDialect, seconds: number): string {
  const header = "-- The run has taken its time.\n--\n" +
    "-- writes: slow_rows\n-- grain:  one row per run\n" +
    "-- why:    a test wants to interrupt it\n\n" +
    "create temp table slow_rows as\n";
  // About ten million rounds a second; only an upper bound where it is long.
  return header +
    (dialect === "postgres"
      ? `select pg_sleep(${seconds}) is null as is_done;\n`
      : `with recursive\n\nrounds(n) as (\n    select 1\n    union all\n` +
        `    select n + 1 from rounds where n < ${
          Math.round(seconds * 5_000_000)
        }\n)\n\nselect count(*) as round_count from rounds;\n`);
}
