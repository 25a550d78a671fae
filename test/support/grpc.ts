/** Calls to a gRPC server on this machine, one answer for one question. */
import { connect } from "node:http2";

/** The server found fault with what it was asked. */
export class GrpcError extends Error {
  override name = "GrpcError";
}

/** A connection to the server. */
export interface GrpcClient {
  call(method: string, question: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Connects to a server on a port of this machine; methods are those of one service. */
export function grpcClient(port: number, service: string): GrpcClient {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  return {
    call: (method, question) =>
      new Promise((resolve, reject) => {
        const stream = session.request({
          ":method": "POST",
          ":path": `/${service}/${method}`,
          "content-type": "application/grpc",
          te: "trailers",
        });
        const parts: Uint8Array[] = [];
        const headers: Record<string, unknown> = {};
        stream.on("response", (found) => Object.assign(headers, found));
        stream.on("trailers", (found) => Object.assign(headers, found));
        stream.on("data", (part) => parts.push(part));
        stream.on("error", reject);
        stream.on("end", () => {
          const status = headers["grpc-status"];
          if (status !== "0") {
            const text = String(headers["grpc-message"] ?? `status ${status}`);
            return reject(new GrpcError(decoded(text)));
          }
          resolve(unframed(parts));
        });
        stream.end(framed(question));
      }),
    close: () => new Promise((resolve) => session.close(() => resolve())),
  };
}

/** A message with its length before it. */
function framed(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(5 + bytes.length);
  new DataView(frame.buffer).setUint32(1, bytes.length);
  frame.set(bytes, 5);
  return frame;
}

function unframed(parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const frame = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame.slice(5);
}

/** Messages come with their odd bytes as %20. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
