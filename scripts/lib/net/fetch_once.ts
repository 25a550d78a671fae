/** Gets one answer: follows redirects, and asks again while that loses nothing. */
import { getOnce, type HttpAnswer, NoAnswerError } from "./get_once.ts";
import type { Limits } from "./limits.ts";
import { backoff, retryAfter, wait } from "./retry.ts";

/** An answer of the right kind, whose first byte has come. */
export interface FetchedAnswer {
  header(name: string): string | undefined;
  body: AsyncGenerator<Uint8Array>;
}

/** What to ask for, within which bounds, and who hears of waits. */
export interface Fetching {
  url: URL;
  headers: Record<string, string>;
  limits: Limits;
  say: (text: string) => void;
}

const REDIRECTS = [301, 302, 303, 307, 308];
const REDIRECTS_MAX = 5;

/** With these a server asks for patience; other 4xx say that the request is wrong. */
const PATIENCE = [408, 425, 429];

/** An address for people: without user, password or query, which may be secrets. */
export function shownUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

/** One answer with a 2xx status, asked for until it comes or the budget is spent. */
export async function fetchOnce(fetching: Fetching): Promise<FetchedAnswer> {
  const { url, limits, say } = fetching;
  await requirePermission(url);
  const start = performance.now();
  for (let tries = 1;; tries++) {
    const { answer, reason, wait_ms, cause } = await tryOnce(fetching);
    if (answer) return answer;
    const spent = performance.now() - start;
    const pause = wait_ms ?? backoff(tries, limits);
    const is_last = tries >= limits.tries_max ||
      spent + pause > limits.budget_ms;
    if (is_last) {
      const told = wait_ms === undefined
        ? ""
        : `, Retry-After ${Math.round(wait_ms / 1000)} s where at most ${
          Math.round(limits.budget_ms / 1000)
        } s are waited`;
      throw new Error(
        `Cannot fetch "${shownUrl(url)}": ${reason}${told} (${
          tries === 1 ? "1 try" : `${tries} tries`
        } in ${(spent / 1000).toFixed(1)} s)`,
        { cause },
      );
    }
    say(
      `asking "${shownUrl(url)}" again in ${
        (pause / 1000).toFixed(1)
      } s: ${reason}`,
    );
    await wait(pause);
  }
}

interface Try {
  answer?: FetchedAnswer;
  /** Why there is none, and asking again may help. */
  reason?: string;
  wait_ms?: number;
  cause?: unknown;
}

async function tryOnce(fetching: Fetching): Promise<Try> {
  const { url } = fetching;
  try {
    const answer = await followed(fetching);
    if (answer.status >= 200 && answer.status < 300) {
      return {
        answer: {
          header: (name) => answer.header(name),
          body: await answer.body(),
        },
      };
    }
    answer.drop();
    const { status, status_text } = answer;
    const reason = `expected a 2xx answer, got ${status} ${status_text}`.trim();
    if (status < 500 && !PATIENCE.includes(status)) {
      throw Object.assign(new Error(reason), { status });
    }
    const wait_ms = retryAfter(answer.header("retry-after"), Date.now());
    return { reason, wait_ms };
  } catch (error) {
    if (error instanceof NoAnswerError) {
      return { reason: error.message, cause: error };
    }
    throw new Error(
      `Cannot fetch "${shownUrl(url)}": ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** The first answer that is no redirect; only the host that was given is asked. */
async function followed(
  { url, headers, limits }: Fetching,
): Promise<HttpAnswer> {
  let at = url;
  for (let count = 0; count <= REDIRECTS_MAX; count++) {
    const answer = await getOnce(at, { headers, limits });
    if (!REDIRECTS.includes(answer.status)) return answer;
    answer.drop();
    const to = answer.header("location") ?? "";
    if (!to || !URL.canParse(to, at)) {
      throw new Error(
        `expected a redirect to say where, found ${answer.status} without a location`,
      );
    }
    const next = new URL(to, at);
    if (!isSameHost(at, next)) {
      throw new Error(
        `expected every redirect to stay at "${at.protocol}//${at.host}", found one to "${next.protocol}//${next.host}": if that is right, set the address to it`,
      );
    }
    at = next;
  }
  throw new RangeError(
    `expected at most ${REDIRECTS_MAX} redirects, found more`,
  );
}

/** The same host and port, or the way from http to https of the same name. */
function isSameHost(from: URL, to: URL): boolean {
  if (from.protocol === to.protocol) return from.host === to.host;
  return from.protocol === "http:" && to.protocol === "https:" &&
    from.hostname === to.hostname && !from.port && !to.port;
}

/** The look-up of a name that may not be reached says nothing of permissions. */
async function requirePermission(url: URL): Promise<void> {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const host = `${url.hostname}:${port}`;
  const { state } = await Deno.permissions.query({ name: "net", host });
  if (state === "granted") return;
  throw new Error(
    `Cannot fetch "${shownUrl(url)}": this task may not reach ${host}`,
    { cause: new Error(`Requires net access to "${host}"`) },
  );
}
