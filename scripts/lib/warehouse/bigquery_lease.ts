/** The lock of one job in BigQuery, which has none: a lease that is renewed while it is held. */
import type { BigqueryStatements } from "./bigquery_statements.ts";
import { lockFile } from "./lock_file.ts";
import {
  BusyError,
  type Row,
  StatementError,
  type Value,
} from "./warehouse.ts";

/** Which job, and how long its lease holds without a sign of life. */
export interface LeaseOptions {
  job: string;
  lease_seconds: number;
  /** A file of this machine, which the kernel frees when its holder dies. */
  lock_path: string;
}

const LOCAL_WAIT_MS = 900;
const BEATS_PER_LEASE = 6;

/**
 * A row says who holds the lease; rows added beside it are its signs of life, and
 * name its sessions. The transaction of a run updates the row that others would
 * have to update: two transactions that do so cannot both be committed. Runs of one
 * machine know of each other by a locked file, at once.
 */
export class Lease {
  readonly table: string;
  #holder = crypto.randomUUID();
  #file: Deno.FsFile | undefined;
  /** Stands for the file, in the lease of its holder. */
  #file_id = "";
  #timer: ReturnType<typeof setInterval> | undefined;
  #beating: Promise<void> = Promise.resolve();
  #session: string | undefined;

  constructor(
    readonly statements: BigqueryStatements,
    readonly options: LeaseOptions,
  ) {
    this.table = `sluice_lease_${options.job}`;
  }

  /** Takes the lease, or throws a `BusyError` that names who holds it. */
  async take(): Promise<void> {
    await this.#lockFile();
    try {
      let seen = await this.#look();
      while (true) {
        if (!this.#isFree(seen)) throw busy(this.options.job, seen);
        if (await this.#takeFrom(seen)) break;
        // Another was quicker.
        seen = await this.#look();
      }
    } catch (error) {
      this.#file?.close();
      throw error;
    }
    const lease_ms = this.options.lease_seconds * 1000;
    this.#timer = setInterval(() => this.#beat(), lease_ms / BEATS_PER_LEASE);
    Deno.unrefTimer(this.#timer);
  }

  /** Lets others know the session in which this run will work, before it does. */
  async announce(session: string): Promise<void> {
    this.#session = session;
    await this.#addBeat();
  }

  /** The statement by which a transaction shows that the lease is still held. */
  get fence(): { text: string; values: Value[] } {
    return {
      text: `update ${this.table} set beat_at = current_timestamp()
        where kind = 'lease' and holder = $1`,
      values: [this.#holder],
    };
  }

  /** What to say when it is not. */
  async lost(): Promise<BusyError> {
    return busy(this.options.job, await this.#look());
  }

  /** Frees the lease at once; without this it ends by itself. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    try {
      await this.statements.execute({
        text: `merge ${this.table} as held using (select 1 as one) as nothing
          on false
          when not matched by source and held.kind = 'beat' and held.holder = $1
            then delete
          when not matched by source and held.kind = 'lease' and held.holder = $1
            then update set holder = '', process = null`,
        values: [this.#holder],
      });
    } finally {
      this.#file?.close();
    }
  }

  async #lockFile(): Promise<void> {
    const { lock_path, job } = this.options;
    const file = await lockFile(lock_path, LOCAL_WAIT_MS);
    const [id, since, process] = (await Deno.readTextFile(lock_path))
      .split("\n");
    if (!file) throw busy(job, { since, process });
    this.#file = file;
    this.#file_id = id || crypto.randomUUID();
    const now = new Date().toISOString();
    const text = `${this.#file_id}\n${now}\n${ownProcess()}\n`;
    await file.truncate();
    await file.write(new TextEncoder().encode(text));
  }

  /** The table is made by the first who looks for it. */
  async #look(): Promise<Row> {
    try {
      return await this.#read();
    } catch (error) {
      if (!(error instanceof StatementError)) throw error;
    }
    await this.statements.run({
      text: `create table if not exists ${this.table} as
        select 'lease' as kind, '' as holder, cast(null as string) as file_id,
          cast(null as string) as process, cast(null as string) as session_id,
          current_timestamp() as since, current_timestamp() as beat_at`,
    });
    return await this.#read();
  }

  async #read(): Promise<Row> {
    const [seen] = await this.statements.all({
      text: `select lease.holder, lease.file_id, lease.process, lease.since,
         timestamp_diff(
           current_timestamp(), max(beats.beat_at), millisecond
         ) as age_ms,
         string_agg(distinct beats.session_id) as session_ids
       from ${this.table} as lease
       join ${this.table} as beats on beats.holder = lease.holder
       where lease.kind = 'lease'
       group by lease.holder, lease.file_id, lease.process, lease.since`,
    });
    return seen;
  }

  /** Nobody's, or of a run that died: its file is ours now, or it was silent too long. */
  #isFree({ holder, file_id, age_ms }: Row): boolean {
    return holder === "" || file_id === this.#file_id ||
      Number(age_ms) >= this.options.lease_seconds * 1000;
  }

  /** Ends what a dead run has left open, and takes its place if nobody else has. */
  async #takeFrom(seen: Row): Promise<boolean> {
    const { statements, table } = this;
    const holder = seen.holder as string;
    const sessions = seen.session_ids as string | null;
    if (holder !== "") {
      for (const session of sessions?.split(",") ?? []) {
        await statements.abortSession(session);
      }
    }
    const taken = await statements.execute({
      text: `update ${table}
        set holder = $1, file_id = $2, process = $3,
          since = current_timestamp(), beat_at = current_timestamp()
        where kind = 'lease' and holder = $4`,
      values: [this.#holder, this.#file_id, ownProcess(), holder],
    });
    if (taken && holder !== "") {
      await statements.execute({
        text: `delete from ${table} where kind = 'beat' and holder = $1`,
        values: [holder],
      });
    }
    return taken === 1;
  }

  #beat(): void {
    // One that fails is followed by another.
    this.#beating = this.#addBeat().catch(() => {});
  }

  async #addBeat(): Promise<void> {
    await this.statements.execute({
      text: `insert into ${this.table} (kind, holder, session_id, beat_at)
        values ('beat', $1, $2, current_timestamp())`,
      values: [this.#holder, this.#session ?? null],
    });
  }
}

function ownProcess(): string {
  return `${Deno.pid}@${Deno.hostname()}`;
}

function busy(job: string, { since, process }: Row): BusyError {
  return new BusyError(
    `Cannot run "${job}": expected no other run of it, found one since ${
      since ? `${String(since).slice(0, 19)}Z` : "a moment ago"
    }, process ${process || "unknown"}`,
  );
}
