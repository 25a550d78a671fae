/** The ledger: what happened to each batch and each run, kept beside the data. */
import {
  allRows,
  type Row,
  type Value,
  type Warehouse,
} from "../warehouse/warehouse.ts";
import type {
  BatchEvent,
  CheckResult,
  CurrentRun,
  Happening,
  RunEnd,
  Step,
} from "./ledger_rows.ts";

export * from "./ledger_rows.ts";

const ROWS_PER_INSERT = 100;

/** Reads and adds to the ledger of one job, through one connection. */
export class Ledger {
  #event_at = new Map<string, number>();

  constructor(readonly warehouse: Warehouse, readonly run: CurrentRun) {}

  /** The newest merged batch of a feed. */
  async newestMerged(feed: string): Promise<string | undefined> {
    const [{ batch }] = await this.#all(
      `select max(batch) as batch from sluice_batch_events
       where job = $1 and feed = $2 and event = 'merged'`,
      [feed],
    );
    return batch as string | undefined ?? undefined;
  }

  /** The last event of each batch of a feed from `from` on. */
  async states(feed: string, from: string): Promise<Map<string, BatchEvent>> {
    const rows = await this.#all(
      `select batch, event, event_at from sluice_batch_events
       where job = $1 and feed = $2 and batch >= $3
       order by event_at`,
      [feed, from],
    );
    for (const row of rows) this.#follow(feed, row);
    return new Map(
      rows.map((row) => [row.batch as string, row.event as BatchEvent]),
    );
  }

  /** Batches of a feed that wait to be loaded again, however old, with their objects. */
  async takenBack(feed: string): Promise<Map<string, string>> {
    const rows = await this.#all(
      `select taken.batch, max(landed.object) as object,
         max(taken.event_at) as event_at
       from sluice_batch_events as taken
       join sluice_batch_events as landed
         on landed.job = taken.job and landed.feed = taken.feed
         and landed.batch = taken.batch and landed.event = 'landed'
       where taken.job = $1 and taken.feed = $2 and taken.event = 'taken_back'
         and not exists (
           select 1 from sluice_batch_events as later
           where later.job = taken.job and later.feed = taken.feed
             and later.batch = taken.batch and later.event_at > taken.event_at
             and (later.event <> 'staged' or $3)
         )
       group by taken.batch`,
      [feed, this.warehouse.keeps_staging],
    );
    for (const row of rows) this.#follow(feed, row);
    return new Map(
      rows.map((row) => [row.batch as string, row.object as string]),
    );
  }

  /** The batch of a feed that brought these bytes, if one did. */
  async withDigest(feed: string, sha256: string): Promise<string | undefined> {
    return (await this.withDigests(feed, [sha256])).get(sha256);
  }

  /** The first batch of a feed for each of these digests that one brought. */
  async withDigests(
    feed: string,
    digests: string[],
  ): Promise<Map<string, string>> {
    const places = digests.map((_, index) => `$${index + 3}`);
    const rows = await this.#all(
      `select sha256, min(batch) as batch from sluice_batch_events
       where job = $1 and feed = $2 and sha256 in (${places.join(", ")})
       group by sha256`,
      [feed, ...digests],
    );
    return new Map(
      rows.map((row) => [row.sha256 as string, row.batch as string]),
    );
  }

  /** What was last landed from a source: its size, its time and its lines. */
  async lastFrom(feed: string, source: string) {
    const [row] = await this.#all(
      `select source_bytes, source_modified_at from sluice_batch_events
       where job = $1 and feed = $2 and source = $3 and event = 'landed'
       order by batch desc limit 1`,
      [feed, source],
    );
    return row as
      | { source_bytes: number | null; source_modified_at: string | null }
      | undefined;
  }

  /** How many lines the last loaded delivery of a source had, before this batch. */
  async lastLineCount(
    feed: string,
    { source, batch }: { source: string; batch: string },
  ): Promise<number | undefined> {
    const [row] = await this.#all(
      `select staged.line_count - staged.blank_count as n
       from sluice_batch_events as landed
       join sluice_batch_events as staged
         on staged.job = landed.job and staged.feed = landed.feed
         and staged.batch = landed.batch and staged.event = 'staged'
       where landed.job = $1 and landed.feed = $2 and landed.source = $3
         and landed.event = 'landed' and landed.batch < $4
       order by landed.batch desc limit 1`,
      [feed, source, batch],
    );
    return row ? Number(row.n) : undefined;
  }

  /** The files of the last good run of the folder, with their digests. */
  async lastFolder(): Promise<Map<string, string>> {
    const rows = await this.#all(
      `select file, sha256 from sluice_steps where run_id = (
         select run_id from sluice_runs
         where job = $1 and outcome = 'ok' and is_folder_run
         order by started_at desc limit 1
       )`,
    );
    return new Map(
      rows.map((row) => [row.file as string, row.sha256 as string]),
    );
  }

  /** What is added of a batch from now on is later, also where a clock was set back. */
  #follow(feed: string, { batch, event_at }: Row): void {
    this.#event_at.set(`${feed}/${batch}`, Date.parse(event_at as string));
  }

  /** Adds events, those of a batch each at a later instant than the one before. */
  async add(happenings: Happening[]): Promise<void> {
    const rows = happenings.map((happening) => {
      const key = `${happening.feed}/${happening.batch}`;
      const last = this.#event_at.get(key) ?? 0;
      const event_at = Math.max(Date.now(), last + 1);
      this.#event_at.set(key, event_at);
      return {
        job: this.run.job,
        ...happening,
        event_at: new Date(event_at).toISOString(),
        run_id: this.run.run_id,
      };
    });
    await this.#insertAll("sluice_batch_events", rows);
  }

  async addSteps(steps: Step[]): Promise<void> {
    const { run_id } = this.run;
    const rows = steps.map((step) => ({ run_id, ...step }));
    await this.#insertAll("sluice_steps", rows);
  }

  async addChecks(checks: CheckResult[]): Promise<void> {
    const { run_id } = this.run;
    const rows = checks.map((check) => ({ run_id, ...check }));
    await this.#insertAll("sluice_checks", rows);
  }

  async addRun(end: RunEnd): Promise<void> {
    await this.#insertAll("sluice_runs", [{
      ...this.run,
      ended_at: new Date().toISOString(),
      ...end,
      host: Deno.hostname(),
      process_id: Deno.pid,
    }]);
  }

  /** Makes the temp table from which the SQL files learn about this run. */
  async makeCurrentRun(): Promise<void> {
    await this.warehouse.execute(
      `create temp table current_run as
       select run_id, job, as_of, started_at from sluice_runs where 1 = 0`,
    );
    await this.#insertAll("current_run", [{ ...this.run }]);
  }

  /** The batches of the job with their states, the newest first. */
  async newestBatches(limit?: number): Promise<Row[]> {
    return await this.#all(
      `select feed, batch, state, line_count, byte_count, source, reason
       from sluice_batches where job = $1
       order by batch desc ${limit ? `limit ${limit}` : ""}`,
    );
  }

  /** The feed of a batch and what happened to it last; undefined if it is unknown. */
  async stateOf(batch: string) {
    const [row] = await this.#all(
      `select feed, batch, state, state_at as event_at from sluice_batches
       where job = $1 and batch = $2`,
      [batch],
    );
    if (!row) return undefined;
    const { feed, state } = row as { feed: string; state: BatchEvent };
    this.#follow(feed, row);
    return { feed, state };
  }

  /** Takes the staged rows of a batch out again. */
  async unstage(feed: string, batch: string): Promise<void> {
    await this.warehouse.execute(
      `delete from staging_${feed} where batch = $1`,
      [batch],
    );
  }

  /** Stages the rejected lines of a feed again; the batches they belong to. */
  async restageRejected(feed: string): Promise<string[]> {
    const rows = await this.#all(
      `select distinct batch from sluice_rejected_lines
       where job = $1 and feed = $2`,
      [feed],
    );
    await this.warehouse.execute(
      `insert into staging_${feed} (batch, line_number, body)
       select batch, line_number, body from sluice_rejected_lines
       where job = $1 and feed = $2
         and batch not in (select batch from staging_${feed})`,
      [this.run.job, feed],
    );
    return rows.map((row) => row.batch as string);
  }

  /** Removes the rejected lines that were staged again and passed in this run. */
  async removePassed(feed: string): Promise<number> {
    return await this.warehouse.execute(
      `delete from sluice_rejected_lines
       where job = $1 and feed = $2 and run_id <> $3
         and exists (
           select 1 from staging_${feed} as staged
           where staged.batch = sluice_rejected_lines.batch
             and staged.line_number = sluice_rejected_lines.line_number
         )`,
      [this.run.job, feed, this.run.run_id],
    );
  }

  /** How many lines of this run were rejected, by feed. */
  async rejectedCount(): Promise<number> {
    const [{ n }] = await this.#all(
      `select count(*) as n from sluice_rejected_lines
       where job = $1 and run_id = $2`,
      [this.run.run_id],
    );
    return Number(n);
  }

  #all(query: string, values: Value[] = []) {
    return allRows(this.warehouse, query, [this.run.job, ...values]);
  }

  /** Several rows go in one statement: a trip to a server costs more than a row. */
  async #insertAll(table: string, rows: object[]): Promise<void> {
    for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
      const part = rows.slice(from, from + ROWS_PER_INSERT);
      const columns = [...new Set(part.flatMap((row) => Object.keys(row)))];
      const values = part.flatMap((row) =>
        columns.map((name) => (row as Record<string, Value>)[name] ?? null)
      );
      const places = part.map((_, index) => {
        const first = index * columns.length + 1;
        return `(${columns.map((_, at) => `$${first + at}`).join(", ")})`;
      });
      await this.warehouse.execute(
        `insert into ${table} (${columns.join(", ")})
         values ${places.join(", ")}`,
        values,
      );
    }
  }
}
