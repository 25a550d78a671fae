/** An API of invented ads: new ones on every call, and as badly behaved as asked for. */
import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { type Ad, AdMaker, answerText } from "../../data/ads/sample.ts";
import { type Behaviour, readBehaviour } from "./behaviour.ts";
import { readRequests, type Request } from "./read_requests.ts";
import { Sender } from "./sender.ts";
import { WITH_ADS, WITHOUT_ADS } from "./ways_to_answer.ts";

/** What the API is to be like. */
export interface AdsApiOptions {
  /** A free one when left out. */
  port?: number;
  /** The same seed gives the same ads; another one each time when left out. */
  seed?: number;
  ads_per_answer?: number;
  /** Instant in milliseconds before which ads were shown; the present when left out. */
  now_ms?: number;
  /** Of a hundred ads, so many are ads of earlier answers. */
  repeat_share?: number;
  /** What it does on its next calls, one after the other; then it answers. */
  behave?: string[];
}

/** One call, and what was given for it. */
export interface ServedCall {
  number: number;
  path: string;
  behaviour: string;
  /** Whether all bytes of an answer with ads were handed to the connection. */
  is_whole: boolean;
  ad_ids: string[];
  byte_count: number;
  /** Of the answer's text, before it was compressed, cut or split. */
  sha256: string;
}

/** A running API; disposing stops it. */
export interface AdsApi {
  url: string;
  seed: number;
  /** All calls so far. */
  calls: ServedCall[];
  /** The text of an answer, by the number of its call. */
  textOf(number: number): string;
  /** What to do on the next calls; replaces what was asked for before. */
  behave(behaviours: string[]): void;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const ADS_PER_ANSWER = 100;
const TEXTS_KEPT = 1000;

/** Starts the API on this machine. */
export async function startAdsApi(
  options: AdsApiOptions = {},
): Promise<AdsApi> {
  const served = new Answers(options);
  let waiting = (options.behave ?? []).map(readBehaviour);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Clients that hang up are what this is for.
    socket.on("error", () => {});
    readRequests(socket, async (request) => {
      const sender = new Sender(socket);
      try {
        if (/^\/(calls|behave)$/.test(request.path)) {
          return sender.whole(control(request));
        }
        if (request.method !== "GET") return sender.whole({ status: 405 });
        const behaviour = waiting.shift() ?? readBehaviour("answer");
        await served.call({ request, behaviour, sender });
      } catch (error) {
        sender.whole({ status: 400, text: `${(error as Error).message}\n` });
      }
    });
  });
  const control = (request: Request) => {
    if (request.path === "/behave" && request.method === "PUT") {
      waiting = JSON.parse(request.body).map(readBehaviour);
    } else if (request.path === "/behave" || request.method !== "GET") {
      return { status: 405 };
    }
    const text = JSON.stringify({
      count: served.calls.length,
      waiting: waiting.length,
      calls: served.calls,
    });
    return { status: 200, type: "application/json", text };
  };
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    sockets.forEach((socket) => socket.destroy());
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    seed: served.seed,
    calls: served.calls,
    textOf: (number) => served.texts.get(number) ?? "",
    behave: (behaviours) => waiting = behaviours.map(readBehaviour),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Behaviours that give a whole answer without waiting for anything. */
const SENT_AT_ONCE = "answer again chunked unframed gzip type large".split(" ");

/** Knows every ad that was ever given away. */
class Answers {
  readonly calls: ServedCall[] = [];
  readonly texts = new Map<number, string>();
  readonly seed: number;
  #maker: AdMaker;
  #given: Ad[] = [];

  constructor(readonly options: AdsApiOptions) {
    this.seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
    this.#maker = new AdMaker(this.seed);
  }

  async call(
    { request, behaviour, sender }: {
      request: Request;
      behaviour: Behaviour;
      sender: Sender;
    },
  ): Promise<void> {
    const { name, argument, status } = behaviour;
    const number = this.calls.length + 1;
    const call: ServedCall = {
      number,
      path: request.path,
      behaviour: argument ? `${name}:${argument}` : name,
      is_whole: false,
      ad_ids: [],
      byte_count: 0,
      sha256: "",
    };
    this.calls.push(call);
    const answer = WITHOUT_ADS[status ? "status" : name];
    if (answer) return await answer(sender, behaviour);
    const text = this.#text(behaviour, call);
    this.#keep(call, text);
    const bytes = new TextEncoder().encode(text);
    const half = bytes.subarray(0, bytes.length >> 1);
    // A client may see the end before the connection tells that all is sent.
    call.is_whole = SENT_AT_ONCE.includes(name);
    call.is_whole = await (WITH_ADS[name] ?? WITH_ADS.answer)(
      { behaviour, text, bytes, half, sender },
    );
  }

  #text({ name, argument }: Behaviour, call: ServedCall): string {
    const before = this.texts.get(call.number - 1);
    if (name === "again" && before) {
      call.ad_ids = this.calls.at(-2)!.ad_ids;
      return before;
    }
    const { ads_per_answer = ADS_PER_ANSWER, repeat_share = 0 } = this.options;
    const count = name === "large" ? Number(argument) : ads_per_answer;
    const ads = this.#maker.some(count, this.options.now_ms ?? Date.now());
    for (const index of ads.keys()) {
      if (!this.#given.length || index * 37 % 100 >= repeat_share) continue;
      ads[index] = this.#given[(index * 7919) % this.#given.length];
    }
    this.#given = [...this.#given, ...ads].slice(-10 * ADS_PER_ANSWER);
    call.ad_ids = ads.map(({ ad_id }) => ad_id);
    return answerText(ads);
  }

  #keep(call: ServedCall, text: string): void {
    call.sha256 = createHash("sha256").update(text).digest("hex");
    call.byte_count = new TextEncoder().encode(text).length;
    this.texts.set(call.number, text);
    this.texts.delete(call.number - TEXTS_KEPT);
  }
}
