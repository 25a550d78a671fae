/** A TCP server that answers requests with whatever bytes a test gives. */
/** One connection, as a test writes to it. */
export interface RawConnection {
  /** The request as it came, its first line included. */
  request: string;
  write(text: string | Uint8Array): Promise<void>;
  /** Ends the connection in good order. */
  end(): void;
  wait(ms: number): Promise<void>;
}

/** A running server; disposing stops it. */
export interface RawServer {
  url: string;
  /** The requests that came, each as it came. */
  requests: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a server that treats the nth request as the nth story says, then as the last. */
export function startRaw(
  ...stories: ((connection: RawConnection) => Promise<void>)[]
): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: string[] = [];
  const open = new Set<Deno.Conn>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let is_over = false;
  const serve = async (socket: Deno.Conn) => {
    open.add(socket);
    const request = await readHead(socket);
    const story = stories[Math.min(requests.length, stories.length - 1)];
    requests.push(request);
    const encoder = new TextEncoder();
    await story({
      request,
      write: async (text) => {
        const bytes = typeof text === "string" ? encoder.encode(text) : text;
        for (let at = 0; at < bytes.length;) {
          at += await socket.write(bytes.subarray(at));
        }
      },
      end: () => close(socket, open),
      wait: (ms) =>
        new Promise((resolve) => {
          if (is_over) return resolve();
          timers.add(setTimeout(resolve, ms));
        }),
    });
    close(socket, open);
  };
  const serving: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const socket of listener) {
      // A client that hangs up is what this is for.
      serving.push(serve(socket).catch(() => {}));
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    [Symbol.asyncDispose]: async () => {
      is_over = true;
      listener.close();
      await accepting;
      for (const socket of open) close(socket, open);
      timers.forEach(clearTimeout);
      // A story whose wait was cut short never ends, and holds nothing.
      await Promise.race([Promise.all(serving), Promise.resolve()]);
    },
  };
}

function close(socket: Deno.Conn, open: Set<Deno.Conn>): void {
  if (!open.delete(socket)) return;
  socket.close();
}

async function readHead(socket: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(4096);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const size = await socket.read(chunk);
    if (size === null) break;
    text += decoder.decode(chunk.subarray(0, size), { stream: true });
  }
  return text;
}

/** The head of an answer of JSON, with more lines if there are any. */
export function jsonHead(...lines: string[]): string {
  return ["HTTP/1.1 200 OK", "content-type: application/json", ...lines, "", ""]
    .join("\r\n");
}

/** A story: a whole answer with this text. */
export function answering(text: string, ...lines: string[]) {
  return async ({ write }: RawConnection) => {
    const bytes = new TextEncoder().encode(text);
    await write(jsonHead(`content-length: ${bytes.length}`, ...lines));
    await write(bytes);
  };
}
