/** Stands before the emulator and mends where it is no BigQuery: job ids, uploads, answers to failures. */
import {
  type Body,
  duplicate,
  jsonBytes,
  notInTransaction,
  overLimit,
  refusal,
  running,
  serviceMessage,
} from "./bigquery_messages.ts";

/** What is to happen to a job. */
export type JobFault =
  /** It is said to be running so many times before it is said to be done. */
  | { kind: "slow"; polls: number }
  /** It fails without having run, and its id is used up. */
  | { kind: "fails"; reason: string; message?: string };

/** Which jobs a fault is for: those whose statement or table matches. */
export interface JobRule {
  matches: RegExp;
  /** Which of the matching jobs, counted from 1; all when left out. */
  hits?: number[];
  fault: JobFault;
}

/** A job that ran. */
export interface SeenJob {
  id: string;
  /** Of a query. */
  statement?: string;
  /** Of a load: its table and how many rows it brought. */
  table?: string;
  rows?: number;
  session?: string;
}

const DDL =
  /^(?:create(?: or replace)?|drop|alter)\s+(?!or\b|temp\b|temporary\b)(\w+)/i;

/** A running front; disposing stops it. */
export class BigqueryFront {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #jobs = new Map<string, { body: Body; polls: number }>();
  readonly #uploads = new Map<string, Body>();
  /** Sessions with an open transaction. */
  readonly #open = new Set<string>();
  #rules: { rule: JobRule; seen: number }[] = [];
  /** The jobs that ran, in order. */
  ran: SeenJob[] = [];
  /** What each statement is said to have read: the emulator says nothing. */
  bytes_per_job = 0;

  /** Starts a front to the emulator at a URL. */
  constructor(readonly emulator: string) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => this.#answer(request),
    );
    this.#server.unref();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Adds a rule; of several that match, the first one decides. */
  add(rule: JobRule): void {
    this.#rules.push({ rule, seen: 0 });
  }

  /** Forgets the loads into a dataset, so that another may have its name. */
  forget(dataset: string): void {
    for (const [id, { body }] of this.#jobs) {
      if (body.dataset === dataset) this.#jobs.delete(id);
    }
  }

  /** Forgets all rules, and what ran. */
  clear(): void {
    this.#rules = [];
    this.ran = [];
    this.bytes_per_job = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname;
    const bytes = new Uint8Array(await request.arrayBuffer());
    const json = () => JSON.parse(new TextDecoder().decode(bytes));
    if (path.startsWith("/upload/")) {
      return request.method === "POST"
        ? this.#openUpload(json(), url)
        : await this.#upload(url, bytes);
    }
    const job_id = path.match(/\/(?:jobs|queries)\/([\w-]+)$/)?.[1];
    if (request.method === "GET" && job_id && this.#jobs.has(job_id)) {
      const job = this.#jobs.get(job_id)!;
      const is_result = path.includes("/queries/");
      if (job.polls && is_result) return Response.json({ jobComplete: false });
      if (job.polls && job.polls--) return Response.json(running(job.body));
      if (!is_result) return Response.json(job.body);
    }
    if (request.method === "POST" && path.endsWith("/jobs")) {
      return await this.#insert(json(), path);
    }
    if (request.method === "POST" && path.endsWith("/queries")) {
      return await this.#query(json(), path);
    }
    return await this.#forward(request.method, path + url.search, bytes);
  }

  async #insert(job: Body, path: string): Promise<Response> {
    const { jobId: id } = job.jobReference ?? {};
    const { query, dryRun: is_dry } = job.configuration;
    if (id !== undefined && this.#jobs.has(id)) return duplicate(id);
    const statement: string = query.query;
    const session = query.connectionProperties?.find(
      ({ key }: { key: string }) => key === "session_id",
    )?.value;
    const refused = session !== undefined && this.#open.has(session) &&
      statement.replace(/--[^\n]*/g, " ").trim().match(DDL);
    const fault = is_dry ? undefined : this.#fault(statement);
    const failure = refused
      ? notInTransaction(refused[0])
      : fault?.kind === "fails"
      ? { message: "the service failed", ...fault }
      : overLimit(query, this.bytes_per_job);
    if (failure) {
      const { reason, message } = failure;
      return this.#keep(id, {
        jobReference: job.jobReference,
        status: { state: "DONE", errorResult: { reason, message } },
        statistics: { query: {} },
      });
    }
    // From here on nobody else may use the id.
    const { jobReference } = job;
    if (id) this.#jobs.set(id, { body: { jobReference }, polls: Infinity });
    const answer = await this.#forward("POST", path, jsonBytes(job));
    const body = await answer.json();
    const problem = body.status?.errorResult ?? body.error;
    if (problem) {
      problem.message = serviceMessage(problem.message, statement);
      for (const one of problem.errors ?? []) one.message = problem.message;
    }
    if (!answer.ok || is_dry) {
      this.#jobs.delete(id);
      return Response.json(body, { status: answer.status });
    }
    if (session && !problem) this.#follow(session, statement);
    if (this.bytes_per_job) {
      body.statistics.query.totalBytesProcessed = String(this.bytes_per_job);
    }
    this.ran.push({ id, statement, session });
    return this.#keep(id, body, fault);
  }

  /** Knows which sessions are in a transaction. */
  #follow(session: string, statement: string): void {
    if (/^\s*begin\b/i.test(statement)) this.#open.add(session);
    if (/^\s*(commit|rollback)\b/i.test(statement)) this.#open.delete(session);
  }

  /** A query without a job of its own gets one: alone it would know no dataset. */
  async #query(given: Body, path: string): Promise<Response> {
    const { query, defaultDataset, parameterMode } = given;
    // What no `?` asks for would be one parameter too many.
    const queryParameters = query.includes("?") ? given.queryParameters : [];
    const [, project] = path.match(/projects\/([^/]+)/)!;
    const jobReference = {
      projectId: project,
      jobId: `front_${crypto.randomUUID()}`,
      location: given.location,
    };
    const configuration = {
      query: {
        query,
        useLegacySql: false,
        defaultDataset: { projectId: project, ...defaultDataset },
        ...(queryParameters?.length ? { parameterMode, queryParameters } : {}),
      },
    };
    const jobs = path.replace(/queries$/, "jobs");
    const answer = await this.#insert({ jobReference, configuration }, jobs);
    const job = await answer.json();
    const problem = job.status?.errorResult ?? job.error;
    if (problem) {
      const { reason, message } = problem;
      const status = { notFound: 404, duplicate: 409 }[reason as string];
      return refusal(status ?? 400, reason, message);
    }
    return await this.#forward(
      "GET",
      `${path}/${jobReference.jobId}`,
      new Uint8Array(),
    );
  }

  #openUpload(job: Body, url: URL): Response {
    const upload = crypto.randomUUID();
    this.#uploads.set(upload, job);
    const location = new URL(url.origin + url.pathname);
    location.searchParams.set("uploadType", "resumable");
    location.searchParams.set("upload_id", upload);
    return new Response(null, { headers: { location: location.href } });
  }

  async #upload(url: URL, bytes: Uint8Array): Promise<Response> {
    const job = this.#uploads.get(url.searchParams.get("upload_id")!);
    const { jobReference, configuration } = job;
    const { jobId: id } = jobReference;
    if (this.#jobs.has(id)) return duplicate(id);
    const { tableId: table, datasetId: dataset } =
      configuration.load.destinationTable;
    const fault = this.#fault(table);
    if (fault?.kind === "fails") {
      const { reason, message = "the service failed" } = fault;
      return this.#keep(id, {
        dataset,
        jobReference,
        status: { state: "DONE", errorResult: { reason, message } },
        statistics: { load: {} },
      });
    }
    // From here on nobody else may use the id.
    this.#jobs.set(id, {
      body: { dataset, jobReference, statistics: { load: {} } },
      polls: Infinity,
    });
    const started = await this.#forward(
      "POST",
      `${url.pathname}?uploadType=resumable`,
      jsonBytes(job),
    );
    await started.body?.cancel();
    const place = new URL(started.headers.get("location")!);
    const answer = await this.#forward(
      "PUT",
      place.pathname + place.search,
      bytes,
    );
    const body = await answer.json();
    const rows = bytes.filter((byte) => byte === 10).length;
    if (!body.status) {
      const { errors: [{ reason, message }] } = body.error;
      body.status = { state: "DONE", errorResult: { reason, message } };
    }
    if (!body.status.errorResult) this.ran.push({ id, table, rows });
    // It gives ids of its own, and counts the rows of the whole table.
    return this.#keep(id, {
      dataset,
      jobReference,
      status: body.status,
      statistics: { load: { outputRows: String(rows) } },
    }, fault);
  }

  #keep(id: string, body: Body, fault?: JobFault): Response {
    const polls = fault?.kind === "slow" ? fault.polls : 0;
    this.#jobs.set(id, { body, polls });
    return Response.json(polls ? running(body) : body);
  }

  #fault(text: string): JobFault | undefined {
    for (const entry of this.#rules) {
      if (!entry.rule.matches.test(text)) continue;
      entry.seen++;
      if (entry.rule.hits?.includes(entry.seen) ?? true) {
        return entry.rule.fault;
      }
    }
  }

  async #forward(
    method: string,
    target: string,
    bytes: Uint8Array,
  ): Promise<Response> {
    const last = bytes.length - 1;
    const answer = await fetch(this.emulator + target, {
      method,
      body: bytes.length ? bytes as BodyInit : undefined,
      headers: {
        "content-type": "application/json",
        // Without it the emulator waits for more.
        "content-range": `bytes 0-${last}/${bytes.length}`,
      },
    });
    // Fetched whole: nothing of it is left open when a test ends.
    const body = answer.status === 204 ? null : await answer.arrayBuffer();
    const { status, headers } = answer;
    return new Response(body, { status, headers });
  }
}
