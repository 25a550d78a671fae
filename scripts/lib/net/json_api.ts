/** An API that answers a GET with one JSON array, and never the same one again. */
import { splitJsonArray } from "../bytes/json_array.ts";
import { UnreadableError } from "../bytes/unreadable_error.ts";
import { fetchOnce, shownUrl } from "./fetch_once.ts";
import { LIMITS, type Limits } from "./limits.ts";

/** An answer whose bytes are to be kept, whatever comes of it. */
export interface ApiAnswer {
  /** The bytes are packed for their transport. */
  encoding?: "gzip";
  /** Why it cannot be taken, as far as its head tells. */
  refused?: string;
  /** The bytes as they come; an `UnreadableError` where they end too soon. */
  body: AsyncGenerator<Uint8Array>;
}

/** Where answers come from, and how to tell a whole one. */
export interface Api {
  /** For people and for the ledger: the address without its secrets. */
  source: string;
  /** Fails when not a single byte came: then nothing is lost. */
  ask(say: (text: string) => void): Promise<ApiAnswer>;
  /** Why these bytes are no answer that can be loaded; undefined when they are. */
  faultOf(bytes: AsyncIterable<Uint8Array>): Promise<string | undefined>;
}

/** The API at an address; tests may give narrower limits. */
export function jsonApi(
  address: string,
  limits: Partial<Limits> = {},
): Api {
  const bounds = { ...LIMITS, ...limits };
  const { url, headers } = readAddress(address);
  return {
    source: shownUrl(url),
    ask: async (say) => {
      const { header, body } = await fetchOnce({
        url,
        headers,
        limits: bounds,
        say,
      });
      const packing = header("content-encoding")?.toLowerCase() ?? "identity";
      return {
        encoding: /^(x-)?gzip$/.test(packing) ? "gzip" : undefined,
        refused: faultOfHead(header, packing),
        body,
      };
    },
    faultOf: (bytes) => faultOfBody(bytes, bounds.bytes_max),
  };
}

/** User and password go into a header: no error shows the address as it was given. */
function readAddress(address: string) {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw Object.assign(
      new TypeError(
        `Cannot start: expected the address of the API to be like "https://api.example.org/v1", found ${
          url ? `one that begins with "${url.protocol}"` : "no address"
        }`,
      ),
      { exit_code: 64 },
    );
  }
  const headers: Record<string, string> = {
    accept: "application/json",
    "accept-encoding": "gzip",
    "user-agent": "sluice",
  };
  if (url.username || url.password) {
    const user = `${plain(url.username)}:${plain(url.password)}`;
    const bytes = new TextEncoder().encode(user);
    headers.authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
    url.username = url.password = "";
  }
  return { url, headers };
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that was meant as one.
    return text;
  }
}

function faultOfHead(
  header: (name: string) => string | undefined,
  packing: string,
): string | undefined {
  const type = header("content-type")?.split(";")[0].trim().toLowerCase();
  if (!/^(application|text)\/([\w.-]+\+)?json$/.test(type ?? "")) {
    return `expected JSON, found ${
      type ? `the content type "${type}"` : "no content type"
    }`;
  }
  if (!/^(identity|(x-)?gzip)$/.test(packing)) {
    return `expected bytes as they are or gzip, found the content encoding "${packing}"`;
  }
  const has_end = header("content-length") !== undefined ||
    /\bchunked$/i.test(header("transfer-encoding") ?? "");
  return has_end
    ? undefined
    : "expected a content length or chunks, found neither: nothing proves that the answer is whole";
}

async function faultOfBody(
  bytes: AsyncIterable<Uint8Array>,
  bytes_max: number,
): Promise<string | undefined> {
  try {
    for await (const _ of splitJsonArray(bounded(bytes, bytes_max)));
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const { position, reason } = error;
    return position
      ? `expected one whole JSON array, but ${position.line}:${position.column}: ${reason}`
      : reason;
  }
}

/** A small packed answer can be an endless one. */
async function* bounded(
  bytes: AsyncIterable<Uint8Array>,
  bytes_max: number,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const piece of bytes) {
    count += piece.length;
    if (count > bytes_max) {
      throw new UnreadableError(
        `expected at most ${bytes_max} bytes, found more`,
      );
    }
    yield piece;
  }
}
