import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { openStore } from "../../../scripts/lib/store/open_store.ts";
import {
  makeS3Store,
  server,
  SHORT_PATIENCE,
  throughProxy,
} from "../../support/s3_place.ts";
import { freePort, S3Server, s3Test } from "../../support/s3_server.ts";
import { object, textOf } from "./store_contract.ts";

s3Test(
  "S3 store: an address that is none is refused, and no key in it is shown",
  () => {
    for (
      const url of [
        "s3://",
        "s3://Bucket/a",
        "s3://key:secret-canary@bucket/a",
        "s3://bucket/a?secret=secret-canary",
        "s3://bucket/../a",
      ]
    ) {
      const error = assertThrows(() => openStore(url), TypeError);
      assert(!error.message.includes("secret-canary"), error.message);
      assertEquals((error as { exit_code?: number }).exit_code, 64);
    }
    return Promise.resolve();
  },
);

/** How a put, a read and a list fail in a process with these variables. */
async function failure(
  variables: Record<string, string | undefined>,
  url: string,
  ...more: string[]
): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "test/support/try_store.ts", url, ...more],
    clearEnv: true,
    env: JSON.parse(JSON.stringify({
      PATH: Deno.env.get("PATH")!,
      HOME: Deno.env.get("HOME")!,
      NO_COLOR: "1",
      ...server.environment(),
      // What is undefined is not set at all, which is not the same as empty.
      ...variables,
    })),
  }).output();
  const said = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  assert(!/no error/.test(said), said);
  for (const secret of [server.secret_key, "canary-password"]) {
    assert(!said.includes(secret), said);
  }
  const milliseconds = Number(said.match(/^(\d+) ms$/m)?.[1] ?? Infinity);
  assert(milliseconds < 10_000, said);
  return said.split("\n")[0];
}

/** What is wrong, the variables that make it so, and what is said of it. */
const CASES: [string, Record<string, string>, string][] = [
  [
    "an unknown access key",
    { AWS_ACCESS_KEY_ID: "somebody-else" },
    "check AWS_ACCESS_KEY_ID",
  ],
  [
    "a wrong secret key",
    { AWS_SECRET_ACCESS_KEY: "canary-password" },
    "check AWS_ACCESS_KEY_ID",
  ],
  [
    "a session token with a line end",
    { AWS_SESSION_TOKEN: "canary-password\n" },
    "Cannot ",
  ],
  [
    "a server that is down",
    { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${freePort()}` },
    "nobody listening there",
  ],
  [
    "an endpoint with a password",
    { AWS_ENDPOINT_URL_S3: "http://me:canary-password@127.0.0.1:1" },
    "127.0.0.1:1",
  ],
  [
    "a host that is none",
    { AWS_ENDPOINT_URL_S3: "", AWS_ENDPOINT_URL: "http://nowhere.invalid" },
    "no such host",
  ],
  [
    "a server without TLS",
    { AWS_ENDPOINT_URL_S3: (server?.endpoint ?? "").replace("http", "https") },
    "expected a whole answer from https://127.0.0.1",
  ],
  [
    "a lack of credentials",
    {
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
      AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
      AWS_CONFIG_FILE: "/nowhere",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    "set AWS_ACCESS_KEY_ID",
  ],
];

for (const [wrong, variables, expected] of CASES) {
  s3Test(
    `S3 store: ${wrong} is told in a sentence, without secrets`,
    async () => {
      const bucket = await server.makeBucket();
      const said = await failure(variables, `s3://${bucket}`);
      assertStringIncludes(said, expected);
    },
  );
}

s3Test("S3 store: without a region it is us-east-1", async () => {
  const bucket = await server.makeBucket();
  for (const AWS_REGION of ["", undefined]) {
    const variables = { AWS_REGION, AWS_CONFIG_FILE: "/nowhere" };
    const said = await failure(variables, `s3://${bucket}-none`);
    assertStringIncludes(said, "expected the bucket to be there");
  }
});

s3Test("S3 store: a bucket that is not there is named", async () => {
  const said = await failure({}, "s3://no-such-bucket");
  assertStringIncludes(said, "s3://no-such-bucket");
  assertStringIncludes(said, "expected the bucket to be there");
});

s3Test("S3 store: a clock that is an hour wrong is said to be", async () => {
  const bucket = await server.makeBucket();
  const said = await failure({}, `s3://${bucket}`, "3600000");
  assertStringIncludes(said, "set the clock");
});

s3Test(
  "S3 store: a store that stops and comes back within the patience is waited for",
  async () => {
    await using own = await S3Server.start();
    const bucket = await own.makeBucket();
    const store = openStore(own.url(bucket));
    await store.put(object("rides/a", "one"));
    await own.stop();
    const put = store.put(object("rides/b", "two"));
    put.catch(() => {});
    await new Promise((wake) => setTimeout(wake, 300));
    await own.startAgain();
    assertEquals(await put, "made");
  },
);

/** How a story fails, and after how long. */
async function ending(story: () => Promise<unknown>) {
  const start = performance.now();
  const { message } = await assertRejects(story, Error);
  return { message, ms: performance.now() - start };
}

s3Test(
  "S3 store: silence ends at its deadline, and says so",
  () =>
    throughProxy(async (proxy) => {
      const patience = { ...SHORT_PATIENCE, first_byte_ms: 1_000, tries: 1 };
      const { store } = await makeS3Store({ patience }, proxy);
      await store.put(object("rides/a", "one"));
      proxy.add({ method: "PUT", fault: { kind: "silence" } });
      const { message, ms } = await ending(() =>
        store.put(object("rides/b", "two"))
      );
      assertStringIncludes(message, "expected an answer within 1.0 s");
      assert(ms > 900 && ms < 1_500, `${ms} ms`);
    }),
);

s3Test(
  "S3 store: a trickle ends at its deadline, and says so",
  () =>
    throughProxy(async (proxy) => {
      // The head trickles, too.
      const patience = { ...SHORT_PATIENCE, first_byte_ms: 5_000, tries: 1 };
      const { store } = await makeS3Store({ patience }, proxy);
      await store.put(object("rides/a", "one".repeat(10_000)));
      proxy.add({ method: "GET", fault: { kind: "trickle", milliseconds: 1 } });
      const { message, ms } = await ending(() => textOf(store, "rides/a"));
      assertStringIncludes(message, "more bytes of the answer within 0.5 s");
      assert(ms < 4_000, `${ms} ms`);
    }),
);
