/** The BigQuery warehouse: a dataset, and a session for what must hold together. */
import type { Lines } from "../bytes/lines.ts";
import { BigqueryApi } from "./bigquery_api.ts";
import {
  isDatasetThere,
  makeDataset,
  relationsOf,
  removeDataset,
} from "./bigquery_dataset.ts";
import { BigqueryJobs } from "./bigquery_jobs.ts";
import { Lease } from "./bigquery_lease.ts";
import { loadLines, type LoadTarget } from "./bigquery_load.ts";
import { LoadedBatches } from "./bigquery_loaded.ts";
import { BigqueryStatements } from "./bigquery_statements.ts";
import {
  besideBigqueryUrl,
  type BigqueryPlace,
  readBigqueryUrl,
} from "./bigquery_url.ts";
import { migrate } from "./migrate.ts";
import {
  type LineCount,
  type Relation,
  type Row,
  type Scratch,
  type Value,
  type Warehouse,
} from "./warehouse.ts";

/** Where the dataset is. */
export interface BigqueryOptions {
  url: string;
  /** The file whose lock keeps two migrations of this machine apart. */
  migration_lock: string;
  /** Where the files are by which runs of this machine know of each other. */
  lock_folder: string;
  /** The file with the credentials, if one is named. */
  credentials?: string;
  /** Keeps loads apart from those into a dataset that had the same name. */
  salt?: string;
}

/** Connects to a BigQuery dataset as a warehouse; it may be missing still. */
export async function openBigquery(
  options: BigqueryOptions,
): Promise<Warehouse> {
  const warehouse = new BigqueryWarehouse(options);
  await warehouse.open();
  return warehouse;
}

class BigqueryWarehouse implements Warehouse {
  readonly dialect = "bigquery";
  readonly keeps_staging = true;
  readonly applies_at_once = true;
  readonly label: string;
  readonly place: BigqueryPlace;
  #api: BigqueryApi;
  #jobs: BigqueryJobs;
  #statements: BigqueryStatements;
  #session: string | undefined;
  #transaction: "write" | "read" | undefined;
  /** The transaction is void from this error on. */
  #failed: unknown;
  #leases = new Map<string, Lease>();
  #loaded: LoadedBatches;

  constructor(readonly options: BigqueryOptions) {
    this.place = readBigqueryUrl(options.url);
    const { project, dataset, endpoint, is_own_endpoint } = this.place;
    this.label = `BigQuery ${project}.${dataset}` +
      (is_own_endpoint ? ` at ${endpoint}` : "");
    this.#api = new BigqueryApi(this.place);
    this.#jobs = new BigqueryJobs(this.#api);
    this.#statements = new BigqueryStatements(this.#jobs);
    this.#loaded = new LoadedBatches(this.#statements);
  }

  get bytes_processed(): number {
    return this.#jobs.bytes_processed;
  }

  async open(): Promise<void> {
    try {
      await isDatasetThere(this.#api);
    } catch (error) {
      throw new Error(
        `Cannot connect to ${this.label}: ${
          (error as Error).message
        }: look at BIGQUERY_URL, and at the credentials that "gcloud auth application-default login" or GOOGLE_APPLICATION_CREDENTIALS give`,
        { cause: error },
      );
    }
  }

  async lock(job: string): Promise<void> {
    if (this.#leases.has(job)) return;
    const { lease_seconds, project, dataset } = this.place;
    const lock_path =
      `${this.options.lock_folder}/${project}.${dataset}.${job}.lock`;
    const lease = new Lease(this.#statements, {
      job,
      lease_seconds,
      lock_path,
    });
    await lease.take();
    this.#leases.set(job, lease);
    if (this.#session) await lease.announce(this.#session);
  }

  async begin(mode: "write" | "read" = "write"): Promise<void> {
    if (mode === "write") {
      await this.#statements.execute({
        text: "begin transaction",
        session: await this.#ownSession(),
      });
    }
    this.#transaction = mode;
    if (mode === "read") return;
    for (const lease of this.#leases.values()) {
      const { text, values } = lease.fence;
      if (await this.execute(text, values) === 1) continue;
      const lost = await lease.lost();
      await this.rollback();
      throw lost;
    }
  }

  async commit(): Promise<void> {
    if (this.#transaction === "write") {
      this.#check();
      await this.#loaded.balance();
      const text = "commit transaction";
      await this.#statements.execute({ text, session: this.#session });
    }
    this.#transaction = undefined;
    this.#loaded.clear();
  }

  /** The session goes too, and what was made in it: nothing is left half-way. */
  async rollback(): Promise<void> {
    const session = this.#transaction === "write" ? this.#session : undefined;
    this.#transaction = this.#failed = undefined;
    if (session) {
      this.#session = undefined;
      await this.#statements.abortSession(session);
    }
    await this.#loaded.remove();
  }

  async execute(text: string, values: Value[] = []): Promise<number> {
    this.#check();
    if (this.#transaction === "read") {
      await this.#statements.refuseWrite({ text, values });
    }
    const session = await this.#ownSession();
    return await this.#statements.execute({ text, values, session })
      .catch((error) => this.#fail(error));
  }

  async *rows(text: string, values: Value[] = []): AsyncGenerator<Row> {
    this.#check();
    if (this.#transaction === "read") {
      await this.#statements.refuseWrite({ text, values });
    }
    const session = this.#session;
    try {
      yield* this.#statements.rows({ text, values, session });
    } catch (error) {
      this.#fail(error);
    }
  }

  async load(
    target: LoadTarget,
    lines: AsyncIterable<Lines>,
  ): Promise<LineCount> {
    this.#check();
    const { table, batch } = target;
    this.#loaded.add(target, NaN);
    const loader = {
      jobs: this.#jobs,
      salt: this.options.salt ?? "",
      rowsBetween: (_: LoadTarget, first: number, last: number) =>
        this.#statements.count({
          text: `select count(*) as n from ${table}
             where batch = $1 and line_number between $2 and $3`,
          values: [batch, first, last],
        }),
    };
    const count = await loadLines(loader, target, lines);
    this.#loaded.add(target, count.staged);
    return count;
  }

  async empty(table: string): Promise<void> {
    await this.execute(`truncate table ${table}`);
  }

  async relations(): Promise<Relation[]> {
    return await relationsOf(this.#api);
  }

  async scratch(name: string): Promise<Scratch> {
    const dataset = `${this.place.dataset}_${name}`;
    const warehouse = new BigqueryWarehouse({
      ...this.options,
      url: besideBigqueryUrl(this.options.url, dataset),
      salt: crypto.randomUUID(),
    });
    await removeDataset(warehouse.#api);
    await makeDataset(warehouse.#api);
    return {
      warehouse,
      attach: () => Promise.resolve(),
      qualified: (table) => `${dataset}.${table}`,
      drop: async () => {
        await warehouse.close();
        await removeDataset(warehouse.#api);
      },
    };
  }

  async migrate(folders: string[]): Promise<string[]> {
    await makeDataset(this.#api);
    return await migrate({
      dialect: "bigquery",
      url: this.options.url,
      folders,
      lock_path: this.options.migration_lock,
      credentials: this.options.credentials,
    });
  }

  /** Whatever cannot be ended here ends by itself. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session) await this.#statements.abortSession(session).catch(() => {});
    for (const lease of this.#leases.values()) {
      await lease.release().catch(() => {});
    }
    this.#leases.clear();
  }

  /** The session of this run; one is made when there is none. */
  async #ownSession(): Promise<string> {
    if (this.#session) return this.#session;
    const session = await this.#statements.openSession();
    // Whoever finds this run dead has to know what to end.
    for (const lease of this.#leases.values()) await lease.announce(session);
    return this.#session = session;
  }

  /** What follows an error would run outside the transaction: it must not. */
  #check(): void {
    if (this.#failed === undefined) return;
    throw new Error(
      `Cannot go on with ${this.label}: expected a rollback after an error`,
      { cause: this.#failed },
    );
  }

  #fail(error: unknown): never {
    if (this.#transaction === "write") this.#failed ??= error;
    throw error;
  }
}
