/** An emulator of BigQuery on this machine: one for each test file, with datasets of one's own. */
import { BigqueryFront } from "./bigquery_front.ts";
import { freePort } from "./s3_server.ts";

const FOLDER = `${Deno.env.get("SLUICE_HOME") ?? ".sluice"}/servers/bqemulator`;
const PROGRAM = new URL("bigquery_emulator.py", import.meta.url).pathname;

/** Why the tests that need the emulator cannot run; undefined when they can. */
export const BIGQUERY_MISSING: string | undefined = isThere(
    `${FOLDER}/installed`,
  )
  ? undefined
  : `${FOLDER} is not there: deno task servers`;

/** Registers a test that needs the emulator; without it the test is skipped. */
export function bigqueryTest(
  sentence: string,
  story: (test: Deno.TestContext) => Promise<void>,
): void {
  const name = BIGQUERY_MISSING
    ? `${sentence} (${BIGQUERY_MISSING})`
    : sentence;
  Deno.test({ name, ignore: BIGQUERY_MISSING !== undefined, fn: story });
}

/** Ends the emulator with its starter, however that one ends: then its input closes. */
const KEEPER = '"$@" & server=$!; read -r _; kill -9 $server; wait';
const READY_MS = 60_000;

let shared: Promise<BigqueryServer> | undefined;

/** The emulator that all tests of a file share; it stops with the test process. */
export function sharedBigqueryServer(): Promise<BigqueryServer> {
  return shared ??= BigqueryServer.start();
}

/** A running emulator behind its front. */
export class BigqueryServer {
  #keeper: Deno.ChildProcess;
  #made = 0;
  #free: string[] = [];
  #prepared = new Map<string, string[]>();

  private constructor(
    readonly front: BigqueryFront,
    keeper: Deno.ChildProcess,
  ) {
    this.#keeper = keeper;
  }

  /** Starts an emulator of one's own, on a free port of this machine only. */
  static async start(): Promise<BigqueryServer> {
    if (BIGQUERY_MISSING) {
      throw new Error(`Cannot start the emulator: ${BIGQUERY_MISSING}`);
    }
    const folder = await Deno.realPath(FOLDER);
    const port = freePort();
    const keeper = new Deno.Command("sh", {
      args: [
        "-c",
        KEEPER,
        "keeper",
        `${folder}/bin/python`,
        PROGRAM,
        String(port),
        String(freePort()),
      ],
      // The extension of its engine was installed in there.
      env: { HOME: folder },
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    // The test process does not wait for it.
    keeper.unref();
    const url = `http://127.0.0.1:${port}`;
    await untilReady(url);
    return new BigqueryServer(new BigqueryFront(url), keeper);
  }

  /**
   * An address with a dataset of its own, which is made. Names come again: the
   * emulator remembers what it made of a statement by them.
   */
  async makeDataset(name?: string): Promise<string> {
    const dataset = name ?? this.#free.pop() ?? `test_${++this.#made}`;
    await this.#call("POST", "datasets", {
      datasetReference: { projectId: "test", datasetId: dataset },
    });
    return this.url(dataset);
  }

  /**
   * The address of a dataset that was prepared once for this purpose, and holds
   * what it held then; `giveBack` lets the next test have it.
   */
  async borrow(
    purpose: string,
    prepare: (url: string) => Promise<void>,
  ): Promise<string> {
    const free = this.#prepared.get(purpose)?.pop();
    if (free) {
      await this.call(`call sluice_test.recall('${free}')`);
      return this.url(free);
    }
    const url = await this.makeDataset();
    await prepare(url);
    await this.call(`call sluice_test.remember('${datasetOf(url)}')`);
    return url;
  }

  /** Ends what `borrow` began. */
  giveBack(purpose: string, url: string): void {
    const free = this.#prepared.get(purpose) ?? [];
    this.#prepared.set(purpose, [...free, datasetOf(url)]);
    this.front.forget(datasetOf(url));
  }

  /** Makes the emulator do what is no SQL. */
  async call(query: string): Promise<void> {
    await this.#call("POST", "queries", { query, useLegacySql: false });
  }

  /** The address of a dataset, or of one as a proxy at that endpoint gives it. */
  url(dataset: string, endpoint = this.front.url): string {
    const parameters = new URLSearchParams({ dataset, endpoint });
    return `bigquery://test/US?${parameters}`;
  }

  /** Removes a dataset with all that it holds. */
  async removeDataset(dataset: string): Promise<void> {
    await this.#call("DELETE", `datasets/${dataset}?deleteContents=true`);
    this.front.forget(dataset);
    if (/^test_\d+$/.test(dataset)) this.#free.push(dataset);
  }

  /** Stops it; what it held is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.front[Symbol.asyncDispose]();
    this.#keeper.ref();
    await this.#keeper.stdin.close();
    await this.#keeper.status;
  }

  async #call(method: string, path: string, body?: unknown): Promise<void> {
    const url = `${this.front.url}/bigquery/v2/projects/test/${path}`;
    const answer = await fetch(url, { method, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok && answer.status !== 404) {
      throw new Error(`Cannot ${method} ${url}: found ${text}`);
    }
  }
}

function datasetOf(url: string): string {
  return new URL(url).searchParams.get("dataset")!;
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (true) {
    try {
      const answer = await fetch(`${url}/readyz`);
      await answer.body?.cancel();
      if (answer.ok) return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
