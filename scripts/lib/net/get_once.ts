/** One GET over a connection of its own, with a deadline for each of its phases. */
import { request as requestPlain } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as requestSecure } from "node:https";
import { UnreadableError } from "../bytes/unreadable_error.ts";
import type { Limits } from "./limits.ts";

/** The head of an answer, and its body as far as one wants to read it. */
export interface HttpAnswer {
  status: number;
  status_text: string;
  header(name: string): string | undefined;
  /**
   * Waits for the first byte; the stream then starts with it. Whatever goes
   * wrong later is thrown as an `UnreadableError` after the bytes that came.
   */
  body(): Promise<AsyncGenerator<Uint8Array>>;
  /** Ends the connection. */
  drop(): void;
}

/** Nothing of a body has come: asking again loses nothing. */
export class NoAnswerError extends Error {
  override name = "NoAnswerError";
}

/** Asks once; resolves when the head of the answer is there. */
export function getOnce(
  url: URL,
  { headers, limits }: { headers: Record<string, string>; limits: Limits },
): Promise<HttpAnswer> {
  const is_secure = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    // No agent, no pool: on a reused connection Deno may send a request twice.
    const request = (is_secure ? requestSecure : requestPlain)(url, {
      agent: false,
      headers: { ...headers, connection: "close" },
    });
    const deadlines = new Deadlines((error) => {
      request.destroy(error);
      reject(error);
    });
    const { connect_ms, first_byte_ms, total_ms } = limits;
    deadlines.set("connect", connect_ms, "a connection");
    deadlines.set("total", total_ms, "the whole answer");
    request.on("socket", (socket) => {
      socket.once(is_secure ? "secureConnect" : "connect", () => {
        deadlines.clear("connect");
        deadlines.set("first byte", first_byte_ms, "the first byte");
      });
    });
    request.on("error", (error) => {
      deadlines.end();
      reject(explained(error));
    });
    request.on("response", (response) => {
      resolve(new Answer(request, { response, deadlines, limits }));
    });
    request.end();
  });
}

/** Timers by phase; the first one to ring ends the request. */
class Deadlines {
  #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(public ring: (error: NoAnswerError) => void) {}

  set(phase: string, ms: number, expected: string): void {
    this.clear(phase);
    const timer = setTimeout(() => {
      this.end();
      this.ring(
        new NoAnswerError(
          `expected ${expected} within ${ms / 1000} s, found none (${phase})`,
        ),
      );
    }, ms);
    this.#timers.set(phase, timer);
  }

  clear(phase: string): void {
    clearTimeout(this.#timers.get(phase));
    this.#timers.delete(phase);
  }

  end(): void {
    for (const phase of [...this.#timers.keys()]) this.clear(phase);
  }
}

class Answer implements HttpAnswer {
  readonly status: number;
  readonly status_text: string;
  #received = 0;

  constructor(
    readonly request: ClientRequest,
    readonly of: {
      response: IncomingMessage;
      deadlines: Deadlines;
      limits: Limits;
    },
  ) {
    const { response, deadlines } = of;
    this.status = response.statusCode ?? 0;
    this.status_text = response.statusMessage ?? "";
    deadlines.ring = (error) => response.destroy(error);
    // Whoever reads the body hears of it; an error that nobody reads is no crash.
    response.on("error", () => {});
  }

  header(name: string): string | undefined {
    const value = this.of.response.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  async body(): Promise<AsyncGenerator<Uint8Array>> {
    const { response, deadlines } = this.of;
    const pieces = response[Symbol.asyncIterator]() as AsyncIterator<
      Uint8Array
    >;
    try {
      const first = await pieces.next();
      if (first.done) throw new NoAnswerError("expected a body, found none");
      deadlines.clear("first byte");
      return this.#rest(pieces, first);
    } catch (error) {
      this.drop();
      throw explained(error);
    }
  }

  async *#rest(
    pieces: AsyncIterator<Uint8Array>,
    piece: IteratorResult<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    const { deadlines, limits } = this.of;
    try {
      while (!piece.done) {
        const room = limits.bytes_max - this.#received;
        this.#received += piece.value.length;
        if (room > 0) yield piece.value.subarray(0, room);
        if (this.#received > limits.bytes_max) throw tooLarge(limits);
        deadlines.set("idle", limits.idle_ms, "the next byte");
        piece = await this.#next(pieces);
      }
      if (!this.of.response.complete) throw this.#cut();
    } finally {
      this.drop();
    }
  }

  async #next(pieces: AsyncIterator<Uint8Array>) {
    try {
      return await pieces.next();
    } catch (error) {
      throw error instanceof NoAnswerError
        ? new UnreadableError(
          `${error.message} after ${this.#received} bytes`,
          { cause: error },
        )
        : this.#cut(error);
    }
  }

  #cut(cause?: unknown): UnreadableError {
    const length = this.header("content-length");
    return new UnreadableError(
      `expected ${
        length ? `${length} bytes` : "the last chunk of the body"
      }, found the end after ${this.#received} bytes: it was cut`,
      { cause },
    );
  }

  drop(): void {
    this.of.deadlines.end();
    this.request.destroy();
  }
}

function tooLarge({ bytes_max }: Limits): UnreadableError {
  return new UnreadableError(
    `expected at most ${bytes_max} bytes, found more: only these were kept`,
  );
}

/** What went wrong before any byte of a body, as something one may ask again. */
function explained(error: unknown): Error {
  if (error instanceof NoAnswerError || !(error instanceof Error)) {
    return error as Error;
  }
  const { code } = error as { code?: string };
  // A certificate does not get better by asking again.
  const is_certificate = /CERT|SSL|TLS/.test(code ?? "");
  const text = `expected an answer, found: ${error.message || code}`;
  return is_certificate || error instanceof Deno.errors.NotCapable
    ? new Error(text, { cause: error })
    : new NoAnswerError(text, { cause: error });
}
