/** How each behaviour looks on the wire. */
import { gzipSync } from "node:zlib";
import type { Behaviour } from "./behaviour.ts";
import type { Reply, Sender } from "./sender.ts";

const PIECE_BYTES = 1024;
const PAGE = "<!doctype html><title>Log in</title><p>Who are you?</p>\n";

/** One call that is being answered. */
export interface Answering {
  behaviour: Behaviour;
  text: string;
  bytes: Uint8Array;
  half: Uint8Array;
  sender: Sender;
}

const JSON_TYPE = { "content-type": "application/json" };
const CHUNKED = { ...JSON_TYPE, "transfer-encoding": "chunked" };

/** Behaviours that give an answer with ads, or a part of one; whether it was whole. */
export const WITH_ADS: Record<
  string,
  (answering: Answering) => Promise<boolean>
> = {
  answer: ({ text, sender }) =>
    sender.whole({ status: 200, type: "application/json", text }),
  type: ({ text, sender, behaviour }) =>
    sender.whole({ status: 200, type: behaviour.argument, text }),
  gzip: ({ bytes, sender }) => sendGzip(sender, gzipSync(bytes)),
  gzip_cut: async ({ half, sender }) => {
    const packed = gzipSync(half);
    await sendGzip(sender, packed.subarray(0, packed.length >> 1));
    return false;
  },
  chunked: async ({ bytes, sender }) => {
    await sender.head(200, CHUNKED);
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      await sender.chunk(bytes.subarray(from, from + PIECE_BYTES));
    }
    return await sender.write("0\r\n\r\n");
  },
  unframed: async ({ bytes, sender }) => {
    await sender.head(200, { ...JSON_TYPE, connection: "close" });
    const is_whole = await sender.write(bytes);
    sender.end();
    return is_whole;
  },
  reset_midway: async (answering) => {
    await sendHalf(answering);
    answering.sender.reset();
    return false;
  },
  cut: async (answering) => {
    await sendHalf(answering);
    answering.sender.end();
    return false;
  },
  stalled: async (answering) => {
    await sendHalf(answering);
    return false;
  },
  cut_chunked: async ({ half, sender }) => {
    await sender.head(200, CHUNKED);
    await sender.chunk(half);
    sender.end();
    return false;
  },
  cut_unframed: async ({ half, sender }) => {
    await sender.head(200, { ...JSON_TYPE, connection: "close" });
    await sender.write(half);
    sender.end();
    return false;
  },
  trickle: async ({ bytes, sender, behaviour }) => {
    await sender.head(200, {
      ...JSON_TYPE,
      "content-length": String(bytes.length),
    });
    const pause_ms = 1000 / Number(behaviour.argument || 1);
    for (let at = 0; at < bytes.length; at++) {
      if (at) await new Promise((resolve) => setTimeout(resolve, pause_ms));
      if (!await sender.write(bytes.subarray(at, at + 1))) return false;
    }
    return true;
  },
  endless: async ({ bytes, sender }) => {
    await sender.head(200, CHUNKED);
    await sender.chunk(new TextEncoder().encode("["));
    // The same ads again and again, and never a closing bracket.
    const elements = bytes.slice(1);
    elements.set(new TextEncoder().encode(",\n"), elements.length - 2);
    while (await sender.chunk(elements));
    return false;
  },
};

async function sendHalf({ bytes, half, sender }: Answering): Promise<void> {
  await sender.head(200, {
    ...JSON_TYPE,
    "content-length": String(bytes.length),
  });
  await sender.write(half);
  // What is written and then reset may never arrive.
  await new Promise((resolve) => setTimeout(resolve, 20));
}

function sendGzip(sender: Sender, packed: Uint8Array): Promise<boolean> {
  return sender.whole({
    status: 200,
    type: "application/json",
    text: packed,
    headers: { "content-encoding": "gzip" },
  });
}

/** Behaviours that give no ads away. */
export const WITHOUT_ADS: Record<
  string,
  (sender: Sender, behaviour: Behaviour) => Promise<void>
> = {
  status: (sender, { status, argument }) =>
    reply(sender, {
      status,
      text: "Not now.\n",
      headers: argument ? { "retry-after": argument } : {},
    }),
  redirect: (sender, { argument }) =>
    reply(sender, { status: 302, headers: { location: argument } }),
  reset: (sender) => Promise.resolve(sender.reset()),
  silent: () => Promise.resolve(),
  html: (sender) =>
    reply(sender, { status: 200, type: "text/html", text: PAGE }),
  not_json: (sender) =>
    reply(sender, { status: 200, type: "application/json", text: "soon\n" }),
  object: (sender) =>
    reply(sender, {
      status: 200,
      type: "application/json",
      text: '{"error": "too many requests"}\n',
    }),
  empty: (sender) =>
    reply(sender, { status: 200, type: "application/json", text: "[]\n" }),
};

async function reply(sender: Sender, what: Reply): Promise<void> {
  await sender.whole(what);
}
