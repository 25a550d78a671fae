/** The catalog job as its users start it: from a file, a web server or a bucket. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { look } from "../scripts/lib/run/look.ts";
import { rebuild } from "../scripts/lib/run/rebuild.ts";
import { batchName } from "../scripts/lib/store/batch_name.ts";
import { openFileStore } from "../scripts/lib/store/file_store.ts";
import { land } from "../scripts/lib/store/land.ts";
import type { Row } from "../scripts/lib/warehouse/warehouse.ts";
import { startRaw } from "./lib/net/raw_server.ts";
import { type Environment, makeEnvironment } from "./support/environment.ts";
import { type FileServer, serveFiles } from "./support/file_server.ts";
import { quietContext } from "./support/quiet_context.ts";
import { server } from "./support/s3_place.ts";
import { s3Test } from "./support/s3_server.ts";
import { type Finished, runPosts } from "./support/sluice_process.ts";
import { keptRows, rowsIn } from "./support/soundness.ts";

const FOLDER = "data/catalog";
const NAMES = [1, 2, 3].map((day) => `product_catalog_2021040${day}.csv`);
const RANGE = ["--from=2021-04-01", "--to=2021-04-03"];
const PLACE = "product_catalog_{yyyymmdd}.csv";
const TODAY = new Date().toISOString().slice(0, 10);

async function fileOf(name: string): Promise<string> {
  return await Deno.readTextFile(`${FOLDER}/${name}`);
}

interface Options {
  flags?: string[];
  env?: Record<string, string>;
  exit?: number;
}

/** Runs the job; any other exit is an error. */
async function run(
  environment: Environment,
  source: string | undefined,
  { flags, env, exit = 0 }: Options = {},
): Promise<Finished> {
  const files = source === undefined ? [] : [source];
  const script = "catalog";
  const finished = await runPosts(environment, { script, files, flags, env });
  assertEquals(finished.exit, exit, finished.stderr);
  return finished;
}

async function daysOf(environment: Environment): Promise<unknown[]> {
  const rows = await rowsIn(
    environment,
    "select distinct catalog_date from catalog order by catalog_date",
  );
  return rows.map(({ catalog_date }) => catalog_date);
}

/** What the three days make when they are files. */
async function fromFiles(): Promise<Record<string, string[]>> {
  await using environment = await makeEnvironment("sqlite");
  await run(environment, `${FOLDER}/${PLACE}`, { flags: RANGE });
  return await keptRows(environment);
}

async function withFiles(
  files: Record<string, string>,
  story: (environment: Environment, files: FileServer) => Promise<void>,
): Promise<void> {
  await using environment = await makeEnvironment("sqlite");
  await using server = serveFiles(files);
  await story(environment, server);
}

Deno.test("days come from a web server as from files, oldest first", async () => {
  const files = Object.fromEntries(
    await Promise.all(NAMES.map(async (name) => [name, await fileOf(name)])),
  );
  await withFiles(files, async (environment, { url, asked }) => {
    const source = `${url}/data/${PLACE}?token=canary`;
    const { stderr } = await run(environment, source, { flags: RANGE });
    assertEquals(await keptRows(environment), await fromFiles());
    assertEquals([...new Set(asked)], NAMES.map((name) => `/data/${name}`));
    const said = stderr.match(/^catalog: product.*into.*$/gm);
    assertEquals(
      said,
      NAMES.map((name, place) =>
        `catalog: ${name}, 2021-04-0${place + 1}, into sqlite (--warehouse)`
      ),
    );
    const ledger = await rowsIn(environment, "select * from sluice_batches");
    const notes = await Array.fromAsync(
      Deno.readDir(`${environment.folder}/store/catalog/.notes`),
      ({ name }) =>
        Deno.readTextFile(`${environment.folder}/store/catalog/.notes/${name}`),
    );
    for (const text of [stderr, JSON.stringify(ledger), ...notes]) {
      assert(!text.includes("canary"), text);
    }
    const again = await run(environment, source, { flags: RANGE });
    assertStringIncludes(again.stderr, "nothing to do");
    assertEquals(await keptRows(environment), await fromFiles());
  });
});

s3Test(
  "days come out of a bucket as from files, and go into another",
  async () => {
    await using environment = await makeEnvironment("sqlite");
    const [bucket, store] = [
      await server.makeBucket(),
      await server.makeBucket(),
    ];
    for (const name of NAMES) {
      await server.putBare(bucket, `data/${name}`, await fileOf(name));
    }
    // It begins like the day that is missing, and is another object.
    const other_key = "data/product_catalog_20210404.csv.old";
    await server.putBare(bucket, other_key, await fileOf(NAMES[0]));
    const env = { ...server.environment(), CATALOG_STORE_URL: `s3://${store}` };
    const source = `s3://${bucket}/data/${PLACE}`;
    await run(environment, source, { flags: RANGE, env });
    assertEquals(await keptRows(environment), await fromFiles());
    assertEquals((await server.keys(store, "catalog/2")).length, 3);

    const no_day = [...RANGE.slice(0, 1), "--to=2021-04-04"];
    const stopped = await run(environment, source, {
      flags: no_day,
      env,
      exit: 1,
    });
    assertStringIncludes(stopped.stderr, "product_catalog_20210404.csv");
    assertStringIncludes(stopped.stderr, "found nothing there");
    const flags = [...no_day, "--skip-missing"];
    const { stderr } = await run(environment, source, { flags, env });
    assertStringIncludes(stderr, "found nothing there: left out");

    // A new warehouse reads the notes of the objects: they are CSV, and named.
    await using other = await makeEnvironment("sqlite");
    await run(other, undefined, {
      flags: ["--date=2021-04-03"],
      env: { ...env, CATALOG_URL: source },
    });
    assertEquals(await keptRows(other), await fromFiles());
  },
);

Deno.test("a day that is missing stops a range, and what is before it is loaded", async () => {
  const files = { [NAMES[0]]: await fileOf(NAMES[0]) };
  files[NAMES[2]] = await fileOf(NAMES[2]);
  await withFiles(files, async (environment, { url }) => {
    const source = `${url}/${PLACE}`;
    const { stderr } = await run(environment, source, {
      flags: RANGE,
      exit: 1,
    });
    assertStringIncludes(stderr, "product_catalog_20210402.csv");
    assertStringIncludes(stderr, "got 404");
    assertEquals(await daysOf(environment), ["2021-04-01"]);
    await run(environment, source, { flags: [...RANGE, "--skip-missing"] });
    assertEquals(await daysOf(environment), ["2021-04-01", "2021-04-03"]);
  });
});

Deno.test("a name without a day is a full catalog of today, as the address has it", async () => {
  const files = { "product_catalog.csv": await fileOf(NAMES[0]) };
  await withFiles(files, async (environment, { url }) => {
    const env = { CATALOG_URL: `${url}/data/product_catalog.csv` };
    const { stderr } = await run(environment, undefined, { env });
    const [first] = stderr.split("\n");
    assertEquals(
      first,
      `catalog: product_catalog.csv, ${TODAY}, its name has no day: a full delivery of today in UTC, into sqlite (--warehouse)`,
    );
    assertEquals(await daysOf(environment), [TODAY]);
    // Its day may also be told.
    await run(environment, undefined, { env, flags: ["--date=2021-04-05"] });
    assertEquals(await daysOf(environment), ["2021-04-05", TODAY]);
  });
});

Deno.test("a file that is cut, a web page, or a wrong header leaves no row", async () => {
  const text = await fileOf(NAMES[0]);
  const files = {
    [NAMES[1]]: "<html>Sign in</html>",
    [NAMES[2]]: text.replace("brand,", "maker,"),
  };
  await using environment = await makeEnvironment("sqlite");
  await using server = serveFiles(files, [NAMES[1]]);
  await using cutting = startRaw(async ({ write }) =>
    await write(`HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n${text}`)
  );
  for (
    const [url, name, reason] of [
      [cutting.url, NAMES[0], "run it again"],
      [server.url, NAMES[1], "found a web page"],
      [server.url, NAMES[2], "found maker,category_id,comment"],
    ]
  ) {
    const { stderr } = await run(environment, `${url}/${name}`, { exit: 1 });
    assertStringIncludes(stderr, reason);
  }
  assertEquals(await daysOf(environment), []);
  const batches = await rowsIn(
    environment,
    "select source, state from sluice_batches",
  );
  assertEquals(batches, [{ source: NAMES[2], state: "set_aside" }]);
});

Deno.test("a day that changed is refused, until it is replaced", async () => {
  await using environment = await makeEnvironment("sqlite");
  const path = `${environment.folder}/${NAMES[0]}`;
  await Deno.writeTextFile(path, await fileOf(NAMES[0]));
  await run(environment, path);
  const before = await keptRows(environment);
  await Deno.writeTextFile(path, await fileOf(NAMES[1]));
  const { stderr } = await run(environment, path, { exit: 1 });
  assertStringIncludes(stderr, "already there with other bytes");
  assertStringIncludes(stderr, "to replace what is there: --replace");
  assertEquals(await keptRows(environment), before);
  await run(environment, path, { flags: ["--replace"] });
  assert((await keptRows(environment)).catalog !== before.catalog);
  const told = await rowsIn(
    environment,
    "select reason from sluice_batch_events where event = 'landed' order by batch",
  );
  assertEquals(told[0].reason, null);
  assert(/^replaces \d{8}T.*_2021-04-01$/.test(String(told[1].reason)));
});

Deno.test("of two runs that landed one day at once the later is set aside", async () => {
  await using environment = await makeEnvironment("sqlite");
  await run(environment, `${FOLDER}/${NAMES[0]}`);
  // Landed by a run that had looked before the other landed.
  const text = await fileOf(NAMES[1]);
  const landed = await land({
    store: openFileStore(`${environment.folder}/store`),
    feed: "catalog",
    batches: [batchName(Date.now(), "0".repeat(64))],
    withDigest: () => Promise.resolve(undefined),
    namesakes: () => Promise.resolve([]),
    again: false,
  }, {
    source: NAMES[0],
    format: "csv",
    label: "2021-04-01",
    open: async function* () {
      yield await Promise.resolve(new TextEncoder().encode(text));
    },
    confirm: () => Promise.resolve(),
    is_known_by_stat: false,
  });
  const before = await keptRows(environment);
  const { stderr } = await run(environment, `${FOLDER}/${NAMES[2]}`, {
    exit: 1,
  });
  assertStringIncludes(stderr, "expected 2021-04-01 to have the bytes of");
  assertStringIncludes(stderr, `take-back catalog ${landed.batch}`);
  const { products_per_day: [first, ...others] } = await keptRows(environment);
  assertEquals([first], before.products_per_day);
  assertEquals(others.length, 1);
  await run(environment, `${FOLDER}/${NAMES[0]}`);
});

Deno.test("look and rebuild read what was landed as CSV", async () => {
  await using environment = await makeEnvironment("sqlite");
  await run(environment, `${FOLDER}/${PLACE}`, { flags: RANGE });
  const context = quietContext(environment);
  assertEquals(
    await rebuild({ job: "catalog", publish: false, context }),
    [],
  );
  const shown: Row[] = [];
  const report = {
    ...context.report,
    table: (_: string, rows: Row[]) => void shown.push(...rows),
  };
  await look({
    job: "catalog",
    number: "010",
    context: { ...context, report },
  });
  assertEquals(shown[0].catalog_date, "2021-04-03");
  assert(shown.every(({ reason }) => reason === null));
});

Deno.test("without a file and CATALOG_URL it says what to do", async () => {
  await using environment = await makeEnvironment("sqlite");
  const { stderr } = await run(environment, undefined, { exit: 64 });
  assertStringIncludes(stderr, '"CATALOG_URL" is not set');
  assertStringIncludes(stderr, "deno task catalog data/catalog/");
  const flags = ["--date=2021-04-31"];
  await run(environment, `${FOLDER}/${NAMES[0]}`, { flags, exit: 64 });
});
