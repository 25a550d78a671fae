/** Loads lines by load jobs: in parts, each of which is there once, whatever happens. */
import { createHash } from "node:crypto";
import type { Lines } from "../bytes/lines.ts";
import { ApiError, mayPass, pause, TRIES } from "./bigquery_api.ts";
import type { BigqueryJobs, JobState } from "./bigquery_jobs.ts";
import type { LineCount } from "./warehouse.ts";

/** Where the lines go. */
export interface LoadTarget {
  table: string;
  batch: string;
}

/** What a load needs of its warehouse. */
export interface Loader {
  jobs: BigqueryJobs;
  /** Keeps job ids of two warehouses apart that have the same name. */
  salt: string;
  /** How many rows of a batch the table has between two line numbers. */
  rowsBetween(target: LoadTarget, first: number, last: number): Promise<number>;
}

/** Some lines, written as the service reads them. */
interface Part {
  bytes: Uint8Array;
  first: number;
  last: number;
  staged: number;
}

/** Each part is kept until its job is done; two of them are in memory at a time. */
const PART_BYTES = 32 * 1024 * 1024;
const UPLOAD_TIMEOUT_MS = 600_000;
const FAILURES_MAX = 3;
/** A service that is out of order says so of the job; anything else stays as it is. */
const PASSING = [
  "backendError",
  "internalError",
  "jobBackendError",
  "jobInternalError",
  "rateLimitExceeded",
  "jobRateLimitExceeded",
];

/** Loads the lines of one batch; the rows are there for all to see at once. */
export async function loadLines(
  loader: Loader,
  target: LoadTarget,
  lines: AsyncIterable<Lines>,
): Promise<LineCount> {
  const count: LineCount = { lines: 0, staged: 0, blank: 0 };
  const writer = new PartWriter(target.batch);
  // One part is cut while the one before is on its way.
  let loading: Promise<void> | undefined;
  const send = async (part: Part | undefined) => {
    if (!part) return;
    await loading;
    loading = loadPart(loader, target, part);
    // A failure is thrown where it is awaited, not before.
    loading.catch(() => {});
    count.staged += part.staged;
  };
  try {
    for await (const block of lines) {
      count.lines += block.count;
      for (let i = 0; i < block.count; i++) {
        const end = block.ends[i];
        if (end === -1) {
          count.blank++;
          continue;
        }
        const body = end === -2
          ? undefined
          : block.bytes.subarray(block.starts[i], end);
        await send(writer.add(block.first + i, body));
      }
    }
    await send(writer.take());
    await loading;
  } catch (error) {
    // What is on its way is undone after it has arrived, not before.
    await loading?.catch(() => {});
    throw error;
  }
  return count;
}

/** Collects lines as JSON, up to the size of a part. */
class PartWriter {
  #head: string;
  #bytes = new Uint8Array(64 * 1024);
  #at = 0;
  #first = 0;
  #last = 0;
  #staged = 0;
  #encoder = new TextEncoder();
  #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(batch: string) {
    this.#head = `{"batch":${JSON.stringify(batch)},"line_number":`;
  }

  /** Adds a line; the part before it, when that is full. */
  add(line_number: number, body: Uint8Array | undefined): Part | undefined {
    const text = `${this.#head}${line_number},"body":${
      body ? JSON.stringify(this.#decoder.decode(body)) : "null"
    }}\n`;
    const row = this.#encoder.encode(text);
    const is_full = this.#staged && this.#at + row.length > PART_BYTES;
    const full = is_full ? this.take() : undefined;
    this.#makeRoom(this.#at + row.length);
    this.#bytes.set(row, this.#at);
    this.#at += row.length;
    if (!this.#staged) this.#first = line_number;
    this.#last = line_number;
    this.#staged++;
    return full;
  }

  /** What has been collected; undefined when there is nothing. */
  take(): Part | undefined {
    if (!this.#staged) return undefined;
    const part = {
      bytes: this.#bytes.subarray(0, this.#at),
      first: this.#first,
      last: this.#last,
      staged: this.#staged,
    };
    // The part is sent from where it is.
    this.#bytes = new Uint8Array(64 * 1024);
    this.#at = this.#staged = 0;
    return part;
  }

  #makeRoom(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(size, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/**
 * A job's id says what it loads, so that a part whose job is known already is not
 * loaded again. An id is used up by a job that failed, and by one whose rows were
 * removed; then the next generation of the id is tried.
 */
async function loadPart(
  loader: Loader,
  target: LoadTarget,
  part: Part,
): Promise<void> {
  let failures = 0;
  for (let generation = 0;; generation++) {
    const id = jobId(loader, target, { part, generation });
    const known = generation ? await loader.jobs.find(id) : undefined;
    const { job, is_new } = known
      ? { job: known, is_new: false }
      : await startLoad(loader, target, { part, id });
    const { status, statistics } = await loader.jobs.finish(job);
    const problem = status.errorResult;
    if (problem && is_new) {
      failures++;
      if (failures < FAILURES_MAX && PASSING.includes(problem.reason ?? "")) {
        continue;
      }
      throw new Error(
        `Cannot load ${target.batch} into ${target.table}: ${problem.message}`,
      );
    }
    if (problem) continue;
    const found = is_new
      ? Number(statistics?.load?.outputRows ?? 0)
      : await loader.rowsBetween(target, part.first, part.last);
    if (found === part.staged) return;
    if (found || is_new) {
      throw new RangeError(
        `Cannot load ${target.batch} into ${target.table}: expected ${part.staged} rows of lines ${part.first} to ${part.last}, found ${found}`,
      );
    }
  }
}

function jobId(
  { jobs, salt }: Loader,
  { table, batch }: LoadTarget,
  { part, generation }: { part: Part; generation: number },
): string {
  const { dataset } = jobs.api.place;
  const digest = createHash("sha256")
    .update(JSON.stringify([salt, dataset, table, batch, PART_BYTES]))
    .digest("hex").slice(0, 32);
  return `sluice_load_${digest}_${part.first}_${generation}`;
}

/** Starts the job, or finds it where an earlier try has started it. */
async function startLoad(
  { jobs }: Loader,
  { table }: LoadTarget,
  { part, id }: { part: Part; id: string },
): Promise<{ job: JobState; is_new: boolean }> {
  const { api } = jobs;
  const { project, dataset, location } = api.place;
  try {
    // The address of an upload is good for one try only.
    for (let tried = 1;; tried++) {
      const { headers } = await api.call({
        method: "POST",
        path: api.upload_url,
        query: { uploadType: "resumable" },
        json: {
          jobReference: { projectId: project, jobId: id, location },
          configuration: {
            load: {
              destinationTable: {
                projectId: project,
                datasetId: dataset,
                tableId: table,
              },
              sourceFormat: "NEWLINE_DELIMITED_JSON",
              writeDisposition: "WRITE_APPEND",
              createDisposition: "CREATE_NEVER",
            },
          },
        },
      });
      const url = new URL(headers.get("location") ?? "");
      try {
        const { body } = await api.call({
          method: "PUT",
          path: url.origin + url.pathname,
          query: Object.fromEntries(url.searchParams),
          bytes: part.bytes,
          timeout_ms: UPLOAD_TIMEOUT_MS,
          tries: 1,
        });
        return { job: body, is_new: true };
      } catch (error) {
        if (tried === TRIES || !mayPass(error)) throw error;
        await pause(tried);
      }
    }
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
    const job = await jobs.find(id);
    if (!job) throw error;
    return { job, is_new: false };
  }
}
