/** Reads HTTP requests from a bare connection, as far as a stand-in needs it. */
import type { Socket } from "node:net";

/** A request, as far as it matters. */
export interface Request {
  method: string;
  /** Without what follows a question mark. */
  path: string;
  body: string;
}

/** Calls `answer` for each request, one after the other. */
export function readRequests(
  socket: Socket,
  answer: (request: Request) => Promise<unknown>,
): void {
  let text = "";
  let turn = Promise.resolve<unknown>(undefined);
  socket.on("data", (bytes: Uint8Array) => {
    // Latin 1: one character for each byte, so that lengths are right.
    text += String.fromCharCode(...bytes);
    while (true) {
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = text.slice(0, end);
      const length = Number(head.match(/^content-length: *(\d+)/im)?.[1] ?? 0);
      const next = end + 4 + length;
      if (text.length < next) return;
      const [, method = "", path = "/"] = head.match(/^(\S+) ([^ ?]*)/) ?? [];
      const body = text.slice(end + 4, next);
      text = text.slice(next);
      turn = turn.then(() => answer({ method, path, body }));
    }
  });
}
