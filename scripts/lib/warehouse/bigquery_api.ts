/** Calls of the BigQuery API: each with a deadline, repeated where that can help. */
import type { GoogleAuth } from "google-auth-library";
import { type BigqueryPlace, isPlain } from "./bigquery_url.ts";

/** One call; every one of ours may be repeated: a job is known by its id. */
export interface ApiCall {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the project, or a whole address. */
  path: string;
  query?: Record<string, string>;
  json?: unknown;
  bytes?: Uint8Array;
  timeout_ms?: number;
  tries?: number;
}

/** An answer with its headers. */
export interface Answer {
  // What the service answers is known to those who asked.
  // deno-lint-ignore no-explicit-any
  body: any;
  headers: Headers;
}

/** The service refused a call, or did not answer. */
export class ApiError extends Error {
  override name = "ApiError";
  /** The HTTP status; undefined when there was no answer. */
  readonly status?: number;
  /** In a word of the service. */
  readonly reason?: string;

  constructor(
    message: string,
    { status, reason, cause }: {
      status?: number;
      reason?: string;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.reason = reason;
  }
}

/** How often a call is tried that may go well later. */
export const TRIES = 6;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;
const TIMEOUT_MS = 60_000;
const SCOPE = "https://www.googleapis.com/auth/bigquery";
const BUSY = ["rateLimitExceeded", "userRateLimitExceeded", "backendError"];

/** Makes the calls of one warehouse. */
export class BigqueryApi {
  #auth: Promise<GoogleAuth> | undefined;

  constructor(readonly place: BigqueryPlace) {}

  /** Where bytes are uploaded to. */
  get upload_url(): string {
    const { endpoint, project } = this.place;
    return `${endpoint}/upload/bigquery/v2/projects/${project}/jobs`;
  }

  /** Calls until there is an answer that another try would not change. */
  async call(call: ApiCall): Promise<Answer> {
    const { tries = TRIES } = call;
    for (let tried = 1;; tried++) {
      try {
        return await this.#callOnce(call);
      } catch (error) {
        if (tried >= tries || !mayPass(error)) throw error;
      }
      await pause(tried);
    }
  }

  async #callOnce(
    { method, path, query, json, bytes, timeout_ms = TIMEOUT_MS }: ApiCall,
  ): Promise<Answer> {
    const { endpoint, project } = this.place;
    const base = `${endpoint}/bigquery/v2/projects/${project}`;
    const url = new URL(path.startsWith("/") ? base + path : path);
    for (const [name, value] of Object.entries(query ?? {})) {
      url.searchParams.set(name, value);
    }
    const type = bytes ? "application/octet-stream" : "application/json";
    const headers = new Headers(await this.#credentials(url.href));
    headers.set("content-type", type);
    try {
      const answer = await fetch(url, {
        method,
        headers,
        body: bytes as BodyInit ?? (json && JSON.stringify(json)),
        // Until the last byte of the answer.
        signal: AbortSignal.timeout(timeout_ms),
      });
      const text = await answer.text();
      if (!answer.ok) throw refusal(answer.status, text);
      return { body: text && JSON.parse(text), headers: answer.headers };
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError((error as Error).message, { cause: error });
    }
  }

  /** The headers by which Google knows us; its library is loaded only for them. */
  async #credentials(url: string): Promise<HeadersInit> {
    // A token is never sent where everybody on the way could read it.
    if (isPlain(this.place)) return {};
    this.#auth ??= import("google-auth-library").then(({ GoogleAuth }) =>
      new GoogleAuth({ scopes: [SCOPE] })
    );
    return await (await this.#auth).getRequestHeaders(url);
  }
}

/** Waits before the next try, each time longer. */
export async function pause(tried: number): Promise<void> {
  const wait_ms = Math.min(FIRST_WAIT_MS * 2 ** (tried - 1), LONGEST_WAIT_MS);
  // Those who failed together must not come again together.
  const jitter_ms = wait_ms * (0.5 + Math.random());
  await new Promise((resolve) => setTimeout(resolve, jitter_ms));
}

/** Whether the same call may go well later. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status, reason } = error;
  if (status === undefined) return true;
  return status === 408 || status === 429 || status >= 500 ||
    status === 403 && BUSY.includes(reason ?? "");
}

function refusal(status: number, text: string): ApiError {
  try {
    const { message, errors } = JSON.parse(text).error;
    const reason = errors?.[0]?.reason;
    return new ApiError(errors?.[0]?.message ?? message, { status, reason });
  } catch {
    // Not the service itself: something on the way.
    return new ApiError(`expected a 2xx answer, got ${status}`, { status });
  }
}
