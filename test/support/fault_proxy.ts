/** Stands between a client and an HTTP server, passes bytes on as they are, and does what goes wrong on real networks. */
import { Wire } from "./wire.ts";

/** What goes wrong with a request. */
export type Fault =
  /** It arrives late. */
  | { kind: "delay"; milliseconds: number }
  /** It never arrives, and is answered like this. */
  | { kind: "answer"; status: number; body?: string; headers?: string[] }
  /** The connection is closed before it is forwarded. */
  | { kind: "reset" }
  /** It never arrives, and the connection stays open. */
  | { kind: "silence" }
  /** It is forwarded; the connection is closed instead of an answer. */
  | { kind: "dropped" }
  /** It is forwarded; the answer ends after so many bytes of its body. */
  | { kind: "truncated"; bytes: number }
  /** It is forwarded; the answer comes byte by byte. */
  | { kind: "trickle"; milliseconds: number }
  /** It is forwarded twice, and the second answer is given. */
  | { kind: "duplicate" }
  /** It is forwarded; one bit of the answer's body is changed. */
  | { kind: "flipped" }
  /** It is forwarded, but answered like this. */
  | { kind: "lie"; status: number; body?: string; headers?: string[] }
  /** Something is done behind the server's back, then it is forwarded. */
  | { kind: "meanwhile"; act: (request: SeenRequest) => Promise<void> };

/** A request as the proxy saw it. */
export interface SeenRequest {
  method: string;
  /** Path and query, as they were sent. */
  target: string;
  headers: Record<string, string>;
}

/** Which requests a fault is for; what is left out matches all. */
export interface Rule {
  method?: string;
  /** Matches path and query. */
  target?: RegExp;
  /** Which of the matching requests, counted from 1; all when left out. */
  hits?: number[];
  fault: Fault;
}

/** A running proxy; disposing closes it and everything that goes through it. */
export class FaultProxy {
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.Conn>();
  #rules: { rule: Rule; seen: number }[] = [];
  /** Every request that came, in order. */
  requests: SeenRequest[] = [];
  /** How many requests reached the server. */
  forwarded = 0;

  private constructor(readonly upstream: { hostname: string; port: number }) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#listener.unref();
    this.#accept();
  }

  /** Starts a proxy to the server at a URL. */
  static start(url: string): FaultProxy {
    const { hostname, port } = new URL(url);
    return new FaultProxy({ hostname, port: Number(port) });
  }

  /** Where clients find it. */
  get url(): string {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return `http://127.0.0.1:${port}`;
  }

  /** Adds a rule; of several that match, the first one decides. */
  add(rule: Rule): void {
    this.#rules.push({ rule, seen: 0 });
  }

  /** Forgets all rules and requests. */
  clear(): void {
    this.#rules = [];
    this.requests = [];
    this.forwarded = 0;
  }

  /** How many requests of this kind came. */
  count(method: string, target = /./): number {
    return this.requests.filter((request) =>
      request.method === method && target.test(request.target)
    ).length;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#open) close(connection);
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#serve(connection).catch(() => {}).finally(() =>
          this.#close(connection)
        );
      }
    } catch {
      // The listener was closed.
    }
  }

  #close(connection: Deno.Conn): void {
    this.#open.delete(connection);
    close(connection);
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    connection.setNoDelay(true);
    this.#open.add(connection);
    const client = new Wire(connection);
    while (true) {
      const head = await client.readHead();
      if (!head) return;
      const request = seenRequest(head);
      this.requests.push(request);
      const fault = this.#faultFor(request);
      // Closed with bytes unread, a connection is reset.
      if (fault?.kind === "reset") return;
      if (request.headers.expect) {
        await client.write("HTTP/1.1 100 Continue\r\n\r\n");
      }
      const body = await client.readBody(request.headers);
      const keeps = await this.#answer({ client, head, body, request, fault });
      if (!keeps) return;
    }
  }

  #faultFor(request: SeenRequest): Fault | undefined {
    const matching = this.#rules.filter(({ rule: { method, target } }) =>
      (!method || method === request.method) &&
      (!target || target.test(request.target))
    );
    // Every rule counts what it matches, whether or not it decides.
    for (const entry of matching) entry.seen++;
    return matching.find(({ rule: { hits }, seen }) =>
      hits?.includes(seen) ?? true
    )
      ?.rule.fault;
  }

  /** Answers one request; false when the connection has to be closed. */
  async #answer({ client, head, body, request, fault }: {
    client: Wire;
    head: Uint8Array;
    body: Uint8Array;
    request: SeenRequest;
    fault: Fault | undefined;
  }): Promise<boolean> {
    if (fault?.kind === "silence") {
      await client.readHead();
      return false;
    }
    if (fault?.kind === "delay") await wait(fault.milliseconds);
    if (fault?.kind === "meanwhile") await fault.act(request);
    if (fault?.kind === "answer") {
      await client.write(madeAnswer(request, fault));
      return true;
    }
    if (fault?.kind === "duplicate") {
      await this.#forward({ head, body, request }, () => Promise.resolve());
    }
    if (fault?.kind === "dropped") {
      await this.#forward({ head, body, request }, () => Promise.resolve());
      return false;
    }
    if (fault?.kind === "lie") {
      await this.#forward({ head, body, request }, () => Promise.resolve());
      await client.write(madeAnswer(request, fault));
      return true;
    }
    return await this.#forward({ head, body, request }, damaged(client, fault));
  }

  /** Sends a request on and gives the parts of its answer to `take`. */
  async #forward(
    { head, body, request }: {
      head: Uint8Array;
      body: Uint8Array;
      request: SeenRequest;
    },
    take: (part: Uint8Array, is_head: boolean) => Promise<boolean | void>,
  ): Promise<boolean> {
    this.forwarded++;
    const connection = await Deno.connect(this.upstream);
    connection.setNoDelay(true);
    this.#open.add(connection);
    try {
      const server = new Wire(connection);
      await server.write(head);
      await server.write(body);
      let answer_head = await server.readHead();
      while (answer_head && statusOf(answer_head) === 100) {
        answer_head = await server.readHead();
      }
      if (!answer_head) return false;
      if (await take(answer_head, true) === false) return false;
      if (hasNoBody(request, statusOf(answer_head))) return true;
      const { headers } = seenRequest(answer_head);
      for await (const part of server.bodyParts(headers)) {
        if (await take(part, false) === false) return false;
      }
      return headers["content-length"] !== undefined ||
        headers["transfer-encoding"] !== undefined;
    } finally {
      this.#close(connection);
    }
  }
}

/** Passes the parts of an answer on, damaged; false ends the connection. */
function damaged(client: Wire, fault: Fault | undefined) {
  let left = fault?.kind === "truncated" ? fault.bytes : Infinity;
  let is_flipped = false;
  return async (part: Uint8Array, is_head: boolean): Promise<boolean> => {
    if (fault?.kind === "trickle") {
      for (const byte of part) {
        await client.write(new Uint8Array([byte]));
        await wait(fault.milliseconds);
      }
      return true;
    }
    if (is_head) {
      await client.write(part);
      return left > 0;
    }
    if (fault?.kind === "flipped" && !is_flipped) {
      part[part.length >> 1] ^= 1;
      is_flipped = true;
    }
    await client.write(part.subarray(0, Math.min(left, part.length)));
    left -= part.length;
    return left > 0;
  };
}

function seenRequest(head: Uint8Array): SeenRequest {
  const [first, ...lines] = new TextDecoder().decode(head).split("\r\n");
  const [method, target] = first.split(" ");
  const headers = lines.filter(Boolean).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { method, target, headers: Object.fromEntries(headers) };
}

function statusOf(head: Uint8Array): number {
  return Number(new TextDecoder().decode(head.subarray(9, 12)));
}

function hasNoBody({ method }: SeenRequest, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

function madeAnswer(
  { method }: SeenRequest,
  { status, body = "", headers = [] }: {
    status: number;
    body?: string;
    headers?: string[];
  },
): string {
  const length = new TextEncoder().encode(body).length;
  const lines = [
    `HTTP/1.1 ${status} Made Up`,
    ...headers,
    `content-length: ${length}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${method === "HEAD" ? "" : body}`;
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // The other side was quicker.
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds));
}
