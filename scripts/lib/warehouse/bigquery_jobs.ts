/** Jobs of BigQuery: each has an id of its own, by which a lost answer is found again. */
import { ApiError, type BigqueryApi } from "./bigquery_api.ts";
import type { Field, WireRow } from "./bigquery_values.ts";

/** A job as the service describes it. */
export interface JobState {
  jobReference: { jobId: string; location?: string };
  status: { state: string; errorResult?: JobProblem };
  statistics?: {
    totalBytesProcessed?: string;
    sessionInfo?: { sessionId: string };
    load?: { outputRows?: string };
    query?: {
      statementType?: string;
      numDmlAffectedRows?: string;
      totalBytesProcessed?: string;
    };
  };
}

/** Why a job failed. */
export interface JobProblem {
  reason?: string;
  message?: string;
}

/** One page of a result. */
export interface Page {
  fields: Field[];
  rows: WireRow[];
  token: string | undefined;
}

const POLL_MS = 10_000;
const PAGE_ROWS = 10_000;
const WAIT_MS = 100;
const WAIT_MAX_MS = 2_000;

/** Makes jobs and waits for them; the token keeps the ids of two runs apart. */
export class BigqueryJobs {
  #count = 0;
  /** What all jobs up to now have read. */
  bytes_processed = 0;
  #token = crypto.randomUUID().replaceAll("-", "").slice(0, 16);

  constructor(readonly api: BigqueryApi) {}

  /** Runs one query job to its end, well or not. */
  async query(query: Record<string, unknown>): Promise<JobState> {
    const id = `sluice_${this.#token}_${++this.#count}`;
    const { place } = this.api;
    const configuration = {
      query: {
        useLegacySql: false,
        defaultDataset: { projectId: place.project, datasetId: place.dataset },
        maximumBytesBilled: place.maximum_bytes_billed,
        ...query,
      },
    };
    const job = await this.finish(await this.#insert(id, configuration));
    const { query: of_query, totalBytesProcessed } = job.statistics ?? {};
    this.bytes_processed += Number(
      totalBytesProcessed ?? of_query?.totalBytesProcessed ?? 0,
    );
    return job;
  }

  /** What a query would be, without running it. */
  async tryOut(query: Record<string, unknown>): Promise<JobState> {
    const { place } = this.api;
    const { body } = await this.api.call({
      method: "POST",
      path: "/jobs",
      json: {
        jobReference: { projectId: place.project, location: place.location },
        configuration: {
          dryRun: true,
          query: {
            useLegacySql: false,
            defaultDataset: {
              projectId: place.project,
              datasetId: place.dataset,
            },
            ...query,
          },
        },
      },
    });
    return body;
  }

  /** A job by its id; undefined when there is none. */
  async find(id: string): Promise<JobState | undefined> {
    try {
      const { body } = await this.api.call({
        method: "GET",
        path: `/jobs/${id}`,
        query: { location: this.api.place.location },
      });
      return body;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Waits until a job is done; the service holds each question for a while. */
  async finish(job: JobState): Promise<JobState> {
    const { jobId } = job.jobReference;
    let state: JobState | undefined = job;
    let wait_ms = WAIT_MS;
    while (state.status.state !== "DONE") {
      const is_held = !state.statistics?.load &&
        // A failure is told by the job itself, below.
        await this.#results(jobId, { maxResults: "0" }).catch(() => {});
      if (!is_held) {
        await new Promise((resolve) => setTimeout(resolve, wait_ms));
        wait_ms = Math.min(wait_ms * 2, WAIT_MAX_MS);
      }
      state = await this.find(jobId);
      if (!state) throw new Error(`Cannot find job ${jobId} again`);
    }
    return state;
  }

  /** The pages of a finished select. */
  async *pages(job: JobState): AsyncGenerator<Page> {
    let token: string | undefined;
    do {
      const { schema, rows, pageToken } = await this.#results(
        job.jobReference.jobId,
        {
          maxResults: String(PAGE_ROWS),
          ...(token ? { pageToken: token } : {}),
        },
      );
      token = pageToken;
      yield { fields: schema?.fields ?? [], rows: rows ?? [], token };
    } while (token);
  }

  async #results(id: string, query: Record<string, string>) {
    const { body } = await this.api.call({
      method: "GET",
      path: `/queries/${id}`,
      query: {
        location: this.api.place.location,
        timeoutMs: String(POLL_MS),
        "formatOptions.useInt64Timestamp": "true",
        ...query,
      },
    });
    return body;
  }

  async #insert(id: string, configuration: unknown): Promise<JobState> {
    const { project, location } = this.api.place;
    try {
      const { body } = await this.api.call({
        method: "POST",
        path: "/jobs",
        json: {
          jobReference: { projectId: project, jobId: id, location },
          configuration,
        },
      });
      return body;
    } catch (error) {
      // Known already: an answer to an earlier try was lost on its way.
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      const job = await this.find(id);
      if (!job) throw error;
      return job;
    }
  }
}
