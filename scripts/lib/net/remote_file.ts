/** A file at an address, got with a plain GET as often as its bytes are asked for. */
import { UnreadableError } from "../bytes/unreadable_error.ts";
import { fetchOnce, shownUrl } from "./fetch_once.ts";
import { LIMITS, type Limits } from "./limits.ts";

const HOUR_MS = 3600 * 1000;

/** A file may be larger than an answer, and take as long as it goes on. */
const FILE_LIMITS: Limits = {
  ...LIMITS,
  bytes_max: Number.MAX_SAFE_INTEGER,
  total_ms: 4 * HOUR_MS,
};

/** A file elsewhere: its name, and its bytes as they come. */
export interface RemoteFile {
  name: string;
  open(): AsyncGenerator<Uint8Array>;
}

/** The file at an address; tests may give narrower limits. */
export function remoteFile(
  address: string,
  say: (text: string) => void,
  limits: Partial<Limits> = {},
): RemoteFile {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(
      `Cannot fetch a file: expected an address like "https://files.example.org/day.csv", found one that begins with "${
        address.slice(0, 8)
      }"`,
    );
  }
  const path = url.pathname;
  return {
    name: path.slice(path.lastIndexOf("/") + 1) || url.host,
    open: async function* () {
      const { header, body } = await fetchOnce({
        url,
        headers: { "user-agent": "sluice", "accept-encoding": "identity" },
        limits: { ...FILE_LIMITS, ...limits },
        say,
      });
      try {
        const fault = faultOfHead(header);
        if (fault) throw new UnreadableError(fault);
        yield* body;
      } catch (error) {
        if (!(error instanceof UnreadableError)) throw error;
        throw new Error(
          `Cannot fetch "${shownUrl(url)}": ${error.reason}: run it again`,
          { cause: error },
        );
      } finally {
        await body.return(undefined);
      }
    },
  };
}

function faultOfHead(
  header: (name: string) => string | undefined,
): string | undefined {
  const type = header("content-type")?.split(";")[0].trim().toLowerCase();
  if (type === "text/html") {
    return "expected a file of data, found a web page (text/html)";
  }
  const has_end = header("content-length") !== undefined ||
    /\bchunked$/i.test(header("transfer-encoding") ?? "");
  return has_end
    ? undefined
    : "expected a content length or chunks, found neither: nothing proves that the file is whole";
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  const cause = (error as { cause?: { status?: number } }).cause;
  return cause?.status === 404 || cause instanceof Deno.errors.NotFound;
}
