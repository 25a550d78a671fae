import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { isMissing, remoteFile } from "../../../scripts/lib/net/remote_file.ts";
import { SHORT } from "./asked.ts";
import { startRaw } from "./raw_server.ts";

const OK = "HTTP/1.1 200 OK\r\n";

/** What a server that answers like this gives; what was said meanwhile. */
async function got(answers: string[], path = "/data/rides.csv") {
  await using server = startRaw(
    ...answers.map(
      (answer) => async ({ write }: { write(text: string): Promise<void> }) =>
        await write(answer),
    ),
  );
  const said: string[] = [];
  const file = remoteFile(
    new URL(path, server.url).href,
    (text) => said.push(text),
    SHORT,
  );
  const parts: string[] = [];
  try {
    for await (const bytes of file.open()) {
      parts.push(new TextDecoder().decode(bytes));
    }
  } catch (error) {
    return { file, said, error: error as Error, text: parts.join("") };
  }
  return { file, said, text: parts.join(""), requests: server.requests };
}

Deno.test("a file is got with a plain GET, as it is", async () => {
  const { file, text, requests } = await got([
    `${OK}content-length: 4\r\n\r\na,b\n`,
  ]);
  assertEquals([file.name, text], ["rides.csv", "a,b\n"]);
  const [request] = requests!;
  assertStringIncludes(request, "GET /data/rides.csv HTTP/1.1");
  assertStringIncludes(request.toLowerCase(), "accept-encoding: identity");
});

Deno.test("a file may come in chunks", async () => {
  const { text } = await got([
    `${OK}transfer-encoding: chunked\r\n\r\n4\r\na,b\n\r\n0\r\n\r\n`,
  ]);
  assertEquals(text, "a,b\n");
});

Deno.test("each read asks anew", async () => {
  await using server = startRaw(async ({ write }) =>
    await write(`${OK}content-length: 1\r\n\r\na`)
  );
  const { open } = remoteFile(`${server.url}/a`, () => {}, SHORT);
  for (let n = 0; n < 2; n++) await Array.fromAsync(open());
  assertEquals(server.requests.length, 2);
});

Deno.test("a file that nothing proves to be whole is refused", async () => {
  const { error, text } = await got([`${OK}\r\na,b\n`]);
  assertStringIncludes(error!.message, "expected a content length or chunks");
  assertEquals(text, "");
});

Deno.test("a file that is cut is an error, not a shorter file", async () => {
  const { error } = await got([`${OK}content-length: 9\r\n\r\na,b\n`]);
  assertStringIncludes(error!.message, "Cannot fetch");
  assertStringIncludes(error!.message, "run it again");
});

Deno.test("a web page is no file", async () => {
  const page = "<html>Sign in</html>";
  const { error } = await got([
    `${OK}content-type: text/html; charset=utf-8\r\ncontent-length: ${page.length}\r\n\r\n${page}`,
  ]);
  assertStringIncludes(error!.message, "found a web page");
});

Deno.test("a server that is busy is asked again, and the wait is told", async () => {
  const { text, said } = await got([
    "HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n",
    `${OK}content-length: 4\r\n\r\na,b\n`,
  ]);
  assertEquals(text, "a,b\n");
  assertStringIncludes(said[0], "got 503 Slow Down");
});

Deno.test("what is not there is missing; what is forbidden is not", async () => {
  for (const [status, is_missing] of [[404, true], [403, false]] as const) {
    const { error } = await got([
      `HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`,
    ]);
    assertStringIncludes(error!.message, `got ${status} No`);
    assertEquals(isMissing(error), is_missing);
  }
  assert(isMissing({ cause: new Deno.errors.NotFound() }));
});

Deno.test("what stands behind a question mark is told to nobody", async () => {
  const { file, error, said } = await got(
    [
      "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n",
      "HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n",
    ],
    "/rides.csv?signature=canary",
  );
  assert(!JSON.stringify([file.name, error!.message, said]).includes("canary"));
});

Deno.test("what is no address is refused before anything is asked", async () => {
  for (const address of ["ftp://h/a.csv", "rides.csv", "https://"]) {
    assertThrows(() => remoteFile(address, () => {}), TypeError);
  }
  const { open } = remoteFile("http://127.0.0.1:1/a.csv", () => {}, {
    ...SHORT,
    tries_max: 1,
  });
  await assertRejects(() => Array.fromAsync(open()), Error, "Cannot fetch");
});
