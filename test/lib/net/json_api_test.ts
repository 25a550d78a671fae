/** What an API may answer, well and badly, over real sockets. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { gunzip } from "../../../scripts/lib/bytes/gzip.ts";
import { jsonApi } from "../../../scripts/lib/net/json_api.ts";
import { startAdsApi } from "../../standins/ads_api.ts";
import { asked } from "./asked.ts";
import { answering, jsonHead, startRaw } from "./raw_server.ts";

Deno.test("a whole answer comes byte for byte, over a connection of its own", async () => {
  await using api = await startAdsApi({ behave: ["answer", "chunked"] });
  for (const number of [1, 2]) {
    const { text, refused, encoding } = await asked(api.url);
    assertEquals(text, api.textOf(number));
    assertEquals([refused, encoding], [undefined, undefined]);
  }
  await using raw = startRaw(answering("[]"));
  await asked(raw.url);
  const [request] = raw.requests;
  assertMatch(request, /^GET \/v1 HTTP\/1\.1\r\n/);
  assertMatch(request, /^connection: close\r$/im);
  assertMatch(request, /^accept: application\/json\r$/im);
  assertMatch(request, /^accept-encoding: gzip\r$/im);
});

Deno.test("a packed answer is kept as it came, and unpacks to the API's bytes", async () => {
  await using api = await startAdsApi({ behave: ["gzip"] });
  const { bytes, encoding, refused } = await asked(api.url);
  assertEquals([encoding, refused], ["gzip", undefined]);
  const unpacked = await Array.fromAsync(gunzip(ReadableStream.from([bytes])));
  const text = await new Blob(unpacked as BlobPart[]).text();
  assertEquals(text, api.textOf(1));
});

Deno.test("what is no answer of JSON is refused, with all of its bytes", async () => {
  await using api = await startAdsApi();
  for (
    const [behaviour, reason] of [
      ["html", /^expected JSON, found the content type "text\/html"$/],
      ["type:text/plain", /^expected JSON, found the content type/],
      ["unframed", /^expected a content length or chunks, found neither/],
    ] as const
  ) {
    api.behave([behaviour]);
    const { refused, bytes } = await asked(api.url);
    assertMatch(refused!, reason);
    assert(bytes.length > 0);
  }
  await using bare = startRaw(async ({ write }) => {
    await write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]");
  });
  assertMatch((await asked(bare.url)).refused!, /found no content type$/);
  await using odd = startRaw(answering("[]", "content-encoding: br"));
  assertMatch((await asked(odd.url)).refused!, /content encoding "br"$/);
});

Deno.test("the kinds of JSON are all JSON", async () => {
  for (
    const type of [
      "application/json; charset=utf-8",
      "Application/JSON",
      "application/vnd.example.v2+json",
      "text/json",
    ]
  ) {
    await using raw = startRaw(async ({ write }) => {
      await write(
        `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: 2\r\n\r\n[]`,
      );
    });
    assertEquals((await asked(raw.url)).refused, undefined, type);
  }
});

Deno.test("an answer that is cut is refused, with the bytes that came, and asked for once", async () => {
  await using api = await startAdsApi({ behave: ["gzip_cut"] });
  // The length is right: only its unpacking can tell.
  assertEquals((await asked(api.url)).refused, undefined);
  for (
    const [behaviour, reason] of [
      [
        "cut",
        /^expected \d+ bytes, found the end after \d+ bytes: it was cut$/,
      ],
      ["cut_chunked", /^expected the last chunk of the body, found the end/],
      ["reset_midway", /found the end after \d+ bytes: it was cut$/],
      ["stalled", /^expected the next byte within 0\.4 s, found none \(idle\)/],
    ] as const
  ) {
    const before = api.calls.length;
    api.behave([behaviour]);
    const { refused, text } = await asked(api.url);
    assertMatch(refused!, reason);
    assert(text.length > 0 && api.textOf(before + 1).startsWith(text));
    assertEquals(api.calls.length, before + 1);
  }
  await using broken = startRaw(async ({ write, wait }) => {
    await write(jsonHead("transfer-encoding: chunked"));
    await write("2\r\n[1\r\nzz\r\n,2]\r\n0\r\n\r\n");
    await wait(1_000);
  });
  const { refused, text } = await asked(broken.url);
  assertMatch(refused!, /^expected the last chunk of the body/);
  assertEquals(text, "[1");
});

Deno.test("an answer is bounded in size and time", async () => {
  await using api = await startAdsApi({ behave: ["endless"] });
  const endless = await asked(api.url, { bytes_max: 100_000 });
  assertEquals(endless.bytes.length, 100_000);
  assertEquals(
    endless.refused,
    "expected at most 100000 bytes, found more: only these were kept",
  );
  await using exact = startRaw(answering("[12345]"));
  assertEquals((await asked(exact.url, { bytes_max: 7 })).refused, undefined);
  assert((await asked(exact.url, { bytes_max: 6 })).refused);

  api.behave(["trickle:20"]);
  const start = performance.now();
  const slow = await asked(api.url, { total_ms: 1_000 });
  assertMatch(
    slow.refused!,
    /within 1 s, found none \(total\) after \d+ bytes/,
  );
  assert(performance.now() - start < 1_500);
});

Deno.test("a deadline that passes before the first byte names its phase", async () => {
  await using api = await startAdsApi({ behave: ["silent", "silent"] });
  const silent = await assertRejects(
    () => asked(api.url, { tries_max: 2 }),
    Error,
    "expected the first byte within 0.4 s, found none (first byte) (2 tries in ",
  );
  assertStringIncludes(silent.message, `Cannot fetch "${api.url}/"`);
  assertEquals(api.calls.length, 2);

  // It takes the connection and never says the word that TLS waits for.
  await using mute = startRaw(({ wait }) => wait(10_000));
  await assertRejects(
    () =>
      asked(mute.url.replace("http:", "https:"), {
        connect_ms: 300,
        tries_max: 1,
      }),
    Error,
    "expected a connection within 0.3 s, found none (connect) (1 try in ",
  );

  // The head is there in time, the body never begins.
  await using empty = startRaw(async ({ write, wait }) => {
    await write(jsonHead("content-length: 5"));
    await wait(10_000);
  });
  await assertRejects(
    () => asked(empty.url, { tries_max: 1 }),
    Error,
    "(first byte)",
  );
});

Deno.test("an address of another kind is refused, and never shown", () => {
  for (
    const address of [
      "file:///etc/passwd",
      "ftp://anna:hunter2@example.org/",
      "example.org/hunter2",
      "http://anna:hunter2@[",
      "",
    ]
  ) {
    const error = assertThrows(
      () => jsonApi(address),
      TypeError,
      'expected the address of the API to be like "https://',
    );
    assertEquals((error as { exit_code?: number }).exit_code, 64);
    assert(!error.message.includes("hunter2"), error.message);
  }
});

Deno.test("user and password go to the API and nowhere else", async () => {
  await using raw = startRaw(answering("[]"));
  const address = raw.url.replace("//", "//anna:100%25%20k%C3%B6nig@") +
    "?key=hunter2";
  assertEquals(jsonApi(address).source, raw.url);
  const { refused } = await asked(address);
  assertEquals(refused, undefined);
  const [request] = raw.requests;
  const code = request.match(/^authorization: Basic (\S+)\r$/im)![1];
  const bytes = Uint8Array.from(atob(code), (one) => one.charCodeAt(0));
  assertEquals(new TextDecoder().decode(bytes), "anna:100% könig");
  assertMatch(request, /^GET \/v1\?key=hunter2 HTTP/);

  await using bad = startRaw(async ({ write }) => {
    await write("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
  });
  const error = await assertRejects(
    () => asked(bad.url.replace("//", "//anna:hunter2@") + "?key=hunter2"),
    Error,
    "expected a 2xx answer, got 503 Busy (3 tries in ",
  );
  assert(!`${error.stack}`.includes("hunter2"));
});

Deno.test("a body is judged by its own end: one whole JSON array, unpacked not too large", async () => {
  const { faultOf } = jsonApi("http://127.0.0.1/", { bytes_max: 1000 });
  const judge = (text: string) =>
    faultOf(ReadableStream.from([new TextEncoder().encode(text)]));
  for (const text of ["[]", " [1,\n{}] \n", '["]"]']) {
    assertEquals(await judge(text), undefined, text);
  }
  for (const text of ["", "{}", '[{"a":1},{"b"', "[1]]", "[1,]", "<p>", "\0"]) {
    assertMatch(await judge(text) ?? "", /^expected one whole JSON array, but/);
  }
  assertEquals(
    await judge(`["${"x".repeat(2000)}"]`),
    "expected at most 1000 bytes, found more",
  );
  await using api = await startAdsApi({ behave: ["gzip_cut"] });
  const { bytes } = await asked(api.url);
  assertMatch(
    await faultOf(gunzip(ReadableStream.from([bytes]))) ?? "",
    /gzip data, found its end: it was cut off$/,
  );
});
