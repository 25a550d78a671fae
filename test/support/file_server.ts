/** A web server that has a few files, as a public bucket does. */

/** A running server; disposing stops it. */
export interface FileServer {
  url: string;
  /** The paths that were asked for, in order. */
  asked: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves files by the last part of their path, whatever stands before it. */
export function serveFiles(
  files: Record<string, string | Uint8Array>,
  /** Those that come as web pages. */
  pages: string[] = [],
): FileServer {
  const asked: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const name = pathname.slice(pathname.lastIndexOf("/") + 1);
      const file = files[name];
      if (file === undefined) return new Response("none", { status: 404 });
      const bytes = typeof file === "string"
        ? new TextEncoder().encode(file)
        : file;
      const headers = {
        "content-type": pages.includes(name) ? "text/html" : "text/csv",
        "content-length": String(bytes.length),
      };
      return new Response(bytes.slice(), { headers });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
