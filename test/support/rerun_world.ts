/** A job, a warehouse and a store in which the same deliveries can come again and again. */
import { readLines } from "../../scripts/lib/bytes/read_lines.ts";
import type { Lines } from "../../scripts/lib/bytes/lines.ts";
import { moveBatches } from "../../scripts/lib/run/batches.ts";
import type { Context, RunOptions } from "../../scripts/lib/run/context.ts";
import { loadBatches } from "../../scripts/lib/run/load_batches.ts";
import { openJob } from "../../scripts/lib/run/open_job.ts";
import { publish } from "../../scripts/lib/run/publish.ts";
import { rebuild } from "../../scripts/lib/run/rebuild.ts";
import { readFolder } from "../../scripts/lib/run/sql_file.ts";
import type { Arrivals } from "../../scripts/lib/store/arrivals.ts";
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import {
  allRows,
  type Warehouse,
} from "../../scripts/lib/warehouse/warehouse.ts";
import {
  type Environment,
  makeEnvironment,
  type TestWarehouse,
} from "./environment.ts";
import { quietContext } from "./quiet_context.ts";
import { runInProcess } from "./run_in_process.ts";
import { readSnapshot, type Snapshot } from "./snapshot.ts";

/** What a sender brings at once: lines for one feed. */
export interface Delivery {
  feed: string;
  lines: string[];
  /** What the job calls it; it is then a whole that is neither joined nor split. */
  label?: string;
}

/** A landed object. */
export interface Batch {
  feed: string;
  batch: string;
}

/** A run did not end well; `exit` says how. */
export class RunError extends Error {
  constructor(readonly exit: number, message: string) {
    super(message);
  }
}

/** One warehouse, emptied as often as needed, and as many stores as needed. */
export class RerunWorld {
  #environment: Environment;
  #job: string;
  #warehouse: Warehouse | undefined;
  #store_count = 0;
  /** Tables that migrations leave without rows. */
  #emptied: string[] = [];
  /** Views that tell how rows came, and not what they are. */
  #left_out: string[] = [];

  constructor(job: string, environment: Environment) {
    this.#job = job;
    this.#environment = environment;
  }

  static async make(job: string, dialect: TestWarehouse): Promise<RerunWorld> {
    const world = new RerunWorld(job, await makeEnvironment(dialect));
    const { LEFT_OUT = [] } = await import(`./${job}_deliveries.ts`);
    world.#left_out = LEFT_OUT;
    await (await openJob(job, world.#context())).close();
    const warehouse = await world.#opened();
    for (const { name, kind } of await warehouse.relations()) {
      if (kind === "view" || name === "schema_migrations") continue;
      const rows = await allRows(warehouse, `select 1 from ${name} limit 1`);
      if (!rows.length) world.#emptied.push(name);
    }
    return world;
  }

  /** From here on all is as if nothing had ever been loaded; the store stays. */
  async forget(): Promise<void> {
    const warehouse = await this.#opened();
    await warehouse.begin();
    for (const table of this.#emptied) {
      await warehouse.execute(`delete from ${table} where true`);
    }
    await warehouse.commit();
  }

  /** From here on nothing has ever been landed either. */
  async startAgain(): Promise<void> {
    await this.forget();
    this.useStore(`${this.#environment.folder}/store_${++this.#store_count}`);
  }

  get store(): string {
    return this.#environment.settings.store_url.replace("file:", "");
  }

  useStore(folder: string): void {
    this.#environment.settings.store_url = `file:${folder}`;
  }

  /** A copy of the store without some batches. */
  async copyStore(without: Batch[] = []): Promise<string> {
    const folder = `${this.#environment.folder}/store_${++this.#store_count}`;
    for (const batch of await this.landed()) {
      if (without.some((one) => one.batch === batch.batch)) continue;
      await copyBatch(batch, { from: this.store, to: folder });
    }
    return folder;
  }

  /** Everything in the store, in order of arrival for each feed. */
  async landed(): Promise<Batch[]> {
    const batches: Batch[] = [];
    for await (const { name: feed } of Deno.readDir(this.store)) {
      if (feed.startsWith(".")) continue;
      for await (const { name } of Deno.readDir(`${this.store}/${feed}`)) {
        if (!name.startsWith(".")) batches.push({ feed, batch: name });
      }
    }
    return batches.sort((one, other) => one.batch < other.batch ? -1 : 1);
  }

  /** Runs the job with these deliveries; any other exit than 0 is an error. */
  async run(
    deliveries: Delivery[] = [],
    { readmit, ...options }: RunOptions & { readmit?: boolean } = {},
  ): Promise<void> {
    const feeds: Record<string, { arrivals: Arrivals }> = {};
    for (const { feed } of deliveries) {
      const own = deliveries.filter((one) => one.feed === feed);
      feeds[feed] = { arrivals: arrivalsOf(own) };
    }
    const { settings, dialect } = this.#environment;
    const { exit, stderr } = await runInProcess({
      job: this.#job,
      feeds,
      settings,
      // What comes later replaces what had its name.
      options: { ...options, replace: true, warehouse: dialect },
      readmit,
    });
    if (exit) throw new RunError(exit, stderr.slice(-1500));
  }

  /** Loads these landed batches alone, and publishes; `read` may leave lines out. */
  async loadOnly(
    batches: Batch[],
    read: (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Lines> =
      readLines,
  ): Promise<void> {
    const open = await openJob(this.#job, this.#context());
    const { ledger, store, warehouse } = open;
    const { report } = this.#context();
    try {
      await warehouse.lock(this.#job);
      const feeds = [...new Set(batches.map(({ feed }) => feed))];
      const loaded = await loadBatches(
        feeds.map((feed) => ({
          feed,
          store,
          read,
          batches: batches.filter((one) => one.feed === feed)
            .map(({ batch }) => batch),
          known: new Set<string>(),
        })),
        { ledger, report, allow_empty: true },
      );
      const { stopped } = await publish({
        ...open,
        loaded,
        report,
        force: false,
        readmit: false,
      });
      if (stopped) throw new RunError(2, stopped.message);
      if (loaded.failures.length) throw loaded.failures[0];
    } finally {
      await open.close();
    }
  }

  /** Loads batches again that are merged already, under the names they have. */
  async replay(batches: Batch[]): Promise<void> {
    for (const action of ["set-aside", "take-back"] as const) {
      await moveBatches({
        job: this.#job,
        action,
        batches: batches.map(({ batch }) => batch),
        context: this.#context(),
      });
    }
    await this.run();
  }

  async rebuild() {
    return await rebuild({
      job: this.#job,
      publish: false,
      context: this.#context(),
    });
  }

  /** All kept tables and team views, as the headers of the files name them. */
  async snapshot(): Promise<Snapshot> {
    const folder = `sql/${this.#job}/${this.#environment.dialect}`;
    const files = (await readFolder(folder)).filter(({ header }) =>
      !this.#left_out.includes(header.get("writes") ?? "")
    );
    return await readSnapshot(await this.#opened(), files);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#warehouse?.close();
    await this.#environment[Symbol.asyncDispose]();
  }

  /** A connection of its own, kept: only the runs are as in life. */
  async #opened(): Promise<Warehouse> {
    const { dialect, settings } = this.#environment;
    return this.#warehouse ??= await openWarehouse(dialect, settings);
  }

  #context(): Context {
    return quietContext(this.#environment);
  }
}

/** Puts an object with its note into another store. */
export async function copyBatch(
  { feed, batch }: Batch,
  { from, to }: { from: string; to: string },
): Promise<void> {
  await Deno.mkdir(`${to}/${feed}/.notes`, { recursive: true });
  for (const path of [`${feed}/.notes/${batch}`, `${feed}/${batch}`]) {
    await Deno.copyFile(`${from}/${path}`, `${to}/${path}`);
  }
}

/** Reads only every third line of an object, or only the others; the rest is blank. */
export async function* readThirds(
  source: AsyncIterable<Uint8Array>,
  third: number,
  is_wanted: boolean,
): AsyncGenerator<Lines> {
  for await (const lines of readLines(source)) {
    for (let i = 0; i < lines.count; i++) {
      const is_third = (lines.first + i) % 3 === third;
      if (is_third !== is_wanted) lines.ends[i] = -1;
    }
    yield lines;
  }
}

function arrivalsOf(deliveries: Delivery[]): Arrivals {
  return async function* () {
    for (const { feed, lines, label } of deliveries) {
      const bytes = new TextEncoder().encode(lines.join("\n") + "\n");
      yield {
        // No name comes twice: that a file shrinks is another test's matter.
        source: `${feed}_${crypto.randomUUID()}.jsonl`,
        source_bytes: bytes.length,
        source_modified_at: new Date().toISOString(),
        open: async function* () {
          yield bytes;
        },
        confirm: async () => {},
        is_known_by_stat: false,
        label,
      };
    }
  };
}
