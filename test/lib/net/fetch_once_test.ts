/** When one asks again, and where one may be sent. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { retryAfter } from "../../../scripts/lib/net/retry.ts";
import { startAdsApi } from "../../standins/ads_api.ts";
import { asked } from "./asked.ts";
import { answering, startRaw } from "./raw_server.ts";

/** A story: an answer with this status and these lines in its head. */
function status(code: number, ...lines: string[]) {
  return async ({ write }: { write: (text: string) => Promise<void> }) => {
    const head = [`HTTP/1.1 ${code} Said So`, "content-length: 0", ...lines];
    await write(`${head.join("\r\n")}\r\n\r\n`);
  };
}

Deno.test("what brings no byte of an answer is asked for again", async () => {
  for (const behaviour of ["503", "500", "429", "408", "425", "reset"]) {
    await using api = await startAdsApi({ behave: [behaviour, behaviour] });
    const { text, said } = await asked(api.url);
    assertEquals(text, api.textOf(3), behaviour);
    // Two of ours, and none that a client sends again by itself.
    assertEquals(api.calls.length, 3, behaviour);
    assertEquals(said.length, 2);
    assertMatch(said[0], /^asking "http:\S+" again in 0\.0 s: expected an? /);
  }
  await using nothing = startRaw(status(200), answering("[]"));
  assertEquals((await asked(nothing.url)).text, "[]");
  await using rude = startRaw(
    ({ write }) => write("SSH-2.0-OpenSSH_9.2\r\n"),
    answering("[]"),
  );
  assertEquals((await asked(rude.url)).text, "[]");
});

Deno.test("nobody asks for ever", async () => {
  await using api = await startAdsApi({ behave: Array(20).fill("503") });
  await assertRejects(
    () => asked(api.url, { tries_max: 5, backoff_ms: 1 }),
    Error,
    "(5 tries in ",
  );
  assertEquals(api.calls.length, 5);
  const start = performance.now();
  await assertRejects(
    () =>
      asked(api.url, { tries_max: 1000, backoff_ms: 4_000, budget_ms: 300 }),
    Error,
    "got 503",
  );
  assert(performance.now() - start < 1_000);

  const port = freePort();
  const refused = await assertRejects(
    () => asked(`http://127.0.0.1:${port}/v1`),
    Error,
    "expected an answer, found: connect ECONNREFUSED",
  );
  assertStringIncludes(refused.message, "(3 tries in ");
});

Deno.test("a request that is wrong is not sent again", async () => {
  for (const code of [400, 401, 403, 404, 410, 304]) {
    await using raw = startRaw(status(code));
    const error = await assertRejects(
      () => asked(raw.url),
      Error,
      `Cannot fetch "${raw.url}": expected a 2xx answer, got ${code} Said So`,
    );
    assert(!error.message.includes("tries"), error.message);
    assertEquals(raw.requests.length, 1);
  }
});

Deno.test("Retry-After is honoured: as seconds, as a date, and not when it is absurd", async () => {
  await using api = await startAdsApi({ behave: ["429:1"] });
  let start = performance.now();
  assertEquals((await asked(api.url)).text, api.textOf(2));
  assert(performance.now() - start >= 990);

  const date = new Date(Date.now() + 2_000).toUTCString();
  await using raw = startRaw(
    status(503, `retry-after: ${date}`),
    answering("[]"),
  );
  start = performance.now();
  assertEquals((await asked(raw.url)).text, "[]");
  // A date has no milliseconds.
  assert(performance.now() - start >= 900);

  await using absurd = startRaw(status(429, "retry-after: 1000000000"));
  const error = await assertRejects(() => asked(absurd.url));
  assertStringIncludes(
    (error as Error).message,
    "got 429 Said So, Retry-After 1000000000 s where at most 5 s are waited (1 try in 0.0 s)",
  );
  assertEquals(absurd.requests.length, 1);
});

Deno.test("Retry-After that says nothing counts as none", () => {
  const now = Date.UTC(2026, 0, 5, 6, 12);
  assertEquals(retryAfter(undefined, now), undefined);
  assertEquals(retryAfter("", now), undefined);
  assertEquals(retryAfter("soon", now), undefined);
  assertEquals(retryAfter("-5", now) ?? 0, 0);
  assertEquals(retryAfter("0", now), 0);
  assertEquals(retryAfter(" 120 ", now), 120_000);
  assertEquals(retryAfter("Mon, 05 Jan 2026 06:12:30 GMT", now), 30_000);
  assertEquals(retryAfter("Mon, 05 Jan 2026 06:11:30 GMT", now), 0);
});

Deno.test("redirects are followed on the same host only", async () => {
  for (const code of [301, 302, 303, 307, 308]) {
    await using raw = startRaw(
      status(code, "location: /v2?page=1"),
      answering("[]"),
    );
    assertEquals((await asked(raw.url)).text, "[]");
    assertMatch(raw.requests[1], /^GET \/v2\?page=1 HTTP/);
  }
  await using other = startRaw(answering("[666]"));
  for (
    const to of [
      other.url,
      other.url.replace("127.0.0.1", "localhost"),
      "https://127.0.0.1/v1",
      "http://169.254.169.254/latest/meta-data/",
      "//example.org/v1",
      "file:///etc/passwd",
    ]
  ) {
    await using raw = startRaw(status(302, `location: ${to}`));
    const secret = raw.url.replace("//", "//anna:hunter2@");
    const error = await assertRejects(
      () => asked(secret),
      Error,
      `expected every redirect to stay at "${
        new URL(raw.url).origin
      }", found one to "${new URL(to, raw.url).protocol}//${
        new URL(to, raw.url).host
      }"`,
    );
    assert(!error.message.includes("hunter2"));
    assertEquals(raw.requests.length, 1);
  }
  assertEquals(other.requests, []);
});

Deno.test("redirects without end or aim are errors", async () => {
  await using round = startRaw(status(302, "location: /v1"));
  await assertRejects(
    () => asked(round.url),
    Error,
    "expected at most 5 redirects, found more",
  );
  assertEquals(round.requests.length, 6);
  await using nowhere = startRaw(status(302));
  await assertRejects(
    () => asked(nowhere.url),
    Error,
    "expected a redirect to say where, found 302 without a location",
  );
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
