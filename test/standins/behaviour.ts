/** What the ads API may do when it is called, and how a test asks for it. */

/** Names of all behaviours, each with what it does. */
export const BEHAVIOURS = {
  answer: "new ads, with content-length",
  again: "the bytes of the last answer once more",
  chunked: "new ads, chunked, in several pieces",
  unframed: "new ads, neither length nor chunks: the end of the connection",
  gzip: "new ads, with content-encoding gzip",
  gzip_cut: "half a gzip stream of the right length",
  type: "new ads under another content type, such as type:text/plain",
  reset: "a connection that is reset before an answer",
  reset_midway: "a connection that is reset after half an answer",
  silent: "no answer, the connection stays open",
  stalled: "half an answer, then nothing; the connection stays open",
  cut: "half an answer, shorter than its content-length",
  cut_chunked: "half an answer, without the last chunk",
  cut_unframed: "half an answer, and nothing that tells so",
  trickle: "an answer at one byte a second, or trickle:<bytes a second>",
  endless: "an array that never ends",
  large: "an array of so many ads, such as large:100000",
  html: "200 with a web page",
  not_json: "200 with text that is no JSON under application/json",
  object: "an object where an array is due",
  empty: "an empty array",
  redirect: "302 to an address or a path, such as redirect:/moved",
  "400..599": "that status; with Retry-After, such as 429:120",
};

/** One behaviour: its name or its status, and what stood after the colon. */
export interface Behaviour {
  name: string;
  status: number;
  argument: string;
}

/** Reads `429:120`, `redirect:/moved`, `cut`; an unknown one is an error. */
export function readBehaviour(text: unknown): Behaviour {
  const [, name = "", argument = ""] =
    String(text).match(/^(\w+)(?::(.*))?$/s) ?? [];
  const status = /^[45]\d\d$/.test(name) ? Number(name) : 0;
  if (status || name in BEHAVIOURS) return { name, status, argument };
  throw new TypeError(
    `Cannot behave like "${text}": expected one of ${
      Object.keys(BEHAVIOURS).join(", ")
    }`,
  );
}
