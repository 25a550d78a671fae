/** Jobs that have a folder of SQL and no script, as their teams start them. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { openWarehouse } from "../scripts/lib/warehouse/open_warehouse.ts";
import { allRows, StatementError } from "../scripts/lib/warehouse/warehouse.ts";
import { type Environment, makeEnvironment } from "./support/environment.ts";
import { serveFiles } from "./support/file_server.ts";
import { server } from "./support/s3_place.ts";
import { s3Test } from "./support/s3_server.ts";
import { type Finished, runPosts } from "./support/sluice_process.ts";
import { rowsIn } from "./support/soundness.ts";

const STOCK = [
  "data/stock/stock_20210403.csv",
  "data/stock/stock_20210404.csv",
];
const RATINGS = [
  "data/ratings/ratings_20210403.jsonl",
  "data/ratings/ratings_20210404.json.gz",
];

interface Options {
  flags?: string[];
  env?: Record<string, string>;
  exit?: number;
}

/** Pushes files to a job; any other exit is an error. */
async function push(
  environment: Environment,
  [job, ...files]: string[],
  { flags, env, exit = 0 }: Options = {},
): Promise<Finished> {
  const finished = await runPosts(environment, {
    script: "push",
    files: [job, ...files],
    flags,
    env,
  });
  assertEquals(finished.exit, exit, finished.stderr);
  return finished;
}

async function stockIn(environment: Environment): Promise<string[]> {
  const rows = await rowsIn(
    environment,
    "select shop_id, article_id, piece_count from stock order by 1, 2",
  );
  return rows.map((row) => Object.values(row).join(" "));
}

const BOTH_DAYS = [
  "berlin lamp 4",
  "berlin oil, refined 40",
  "berlin wick 30",
  "köln lamp 0",
  "köln oil, refined 1",
  "köln wick 7",
];

for (const dialect of ["sqlite", "postgres"] as const) {
  Deno.test(`files of a job without a script are loaded, once (${dialect})`, async () => {
    await using environment = await makeEnvironment(dialect);
    const { stderr } = await push(environment, ["stock", ...STOCK]);
    assertStringIncludes(stderr, `stock: into ${dialect} (--warehouse)`);
    assertEquals(await stockIn(environment), BOTH_DAYS);
    const again = await push(environment, ["stock", ...STOCK]);
    assertStringIncludes(again.stderr, "stock: nothing new");
    assertEquals(await stockIn(environment), BOTH_DAYS);
  });
}

Deno.test("JSON Lines, an array in gzip and CSV are known by their bytes, not their names", async () => {
  await using environment = await makeEnvironment("sqlite");
  const wrong_names: string[] = [];
  for (const [place, path] of [...RATINGS, STOCK[0]].entries()) {
    wrong_names.push(
      `${environment.folder}/${place}.${["csv", "csv", "json"][place]}`,
    );
    await Deno.copyFile(path, wrong_names[place]);
  }
  await push(environment, ["ratings", ...wrong_names.slice(0, 2)]);
  const [{ count }] = await rowsIn(
    environment,
    "select count(*) as count from ratings",
  );
  assertEquals(Number(count), 5);
  await push(environment, ["stock", wrong_names[2]]);
  assertEquals((await stockIn(environment)).length, 6);
  // A new warehouse reads them by what was seen then.
  await Deno.remove(environment.settings.sqlite_path);
  await push(environment, ["stock", wrong_names[2]]);
  assertEquals((await stockIn(environment)).length, 6);
});

Deno.test("files come from a web server, several at once", async () => {
  await using environment = await makeEnvironment("sqlite");
  const files: Record<string, string> = {};
  for (const path of STOCK) {
    files[path.replace(/.*\//, "")] = await Deno.readTextFile(path);
  }
  await using web = serveFiles(files);
  const urls = Object.keys(files).map((name) => `${web.url}/a/b/${name}`);
  await push(environment, ["stock", ...urls]);
  assertEquals(await stockIn(environment), BOTH_DAYS);
  const missing = `${web.url}/none.csv`;
  const { stderr } = await push(environment, ["stock", missing], { exit: 1 });
  assertStringIncludes(stderr, "got 404");
});

s3Test("a file comes out of a bucket", async () => {
  await using environment = await makeEnvironment("sqlite");
  const bucket = await server.makeBucket();
  const sources: string[] = [];
  for (const path of STOCK) {
    await server.putBare(bucket, path, await Deno.readTextFile(path));
    sources.push(`s3://${bucket}/${path}`);
  }
  const env = server.environment();
  const { stderr } = await push(environment, ["stock", ...sources], { env });
  assert(!stderr.includes(server.secret_key));
  assertEquals(await stockIn(environment), BOTH_DAYS);
});

Deno.test("a day that is given names the batch, and its other bytes must be meant", async () => {
  await using environment = await makeEnvironment("sqlite");
  const flags = ["--date=2021-04-03"];
  await push(environment, ["stock", STOCK[0]], { flags });
  const { stderr } = await push(environment, ["stock", STOCK[1]], {
    flags,
    exit: 1,
  });
  assertStringIncludes(stderr, "as 2021-04-03: already there with other bytes");
  await push(environment, ["stock", STOCK[1]], {
    flags: [...flags, "--replace"],
  });
  const batches = await rowsIn(environment, "select batch from sluice_batches");
  assert(batches.every(({ batch }) => `${batch}`.endsWith("_2021-04-03")));
});

Deno.test("a file that cannot be read is set aside, the others are loaded", async () => {
  await using environment = await makeEnvironment("sqlite");
  const path = `${environment.folder}/picture.csv`;
  await Deno.writeFile(
    path,
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 10, 0]),
  );
  const { stderr } = await push(environment, ["stock", path, STOCK[0]], {
    exit: 1,
  });
  assertStringIncludes(stderr, '"picture.csv" is set aside');
  assertEquals((await stockIn(environment)).length, 6);
});

Deno.test("a job that is not there, has two feeds, or gets no file is refused with a hint", async () => {
  await using environment = await makeEnvironment("sqlite");
  for (
    const [words, text] of [
      [["stok", STOCK[0]], 'did you mean "stock"?'],
      [["posts", STOCK[0]], "found staging_posts and staging_votes"],
      [["stock"], "expected <job> <file or URL…>"],
      [["stock", `${environment.folder}/none.csv`], "none.csv"],
    ] as [string[], string][]
  ) {
    const exit = words[1]?.includes("none") ? 1 : 64;
    const { stderr } = await push(environment, words, { exit });
    assertStringIncludes(stderr, text);
  }
});

Deno.test("in PostgreSQL a team reads its view, and not the table", async () => {
  await using environment = await makeEnvironment("postgres");
  const warehouse = await openWarehouse("postgres", environment.settings);
  try {
    // Roles are the server's, which test files share: it may be there already.
    await warehouse.execute(
      `do $$ begin
         create role team_ops;
       exception when duplicate_object or unique_violation then null;
       end $$`,
    );
    await push(environment, ["stock", ...STOCK]);
    await warehouse.execute("set role team_ops");
    const read = (table: string) =>
      allRows(warehouse, `select * from ${table}`);
    assertEquals((await read("team_ops_low_stock")).length, 3);
    for (const table of ["stock", "staging_stock", "sluice_batches"]) {
      await assertRejects(() => read(table), StatementError, "denied");
    }
    await warehouse.execute("reset role");
  } finally {
    await warehouse.close();
  }
});
