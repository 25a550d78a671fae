/** What each call to S3 makes of each thing that goes wrong on a network: nothing is lost, nothing is there twice. */
import { assert, assertEquals } from "@std/assert";
import { openS3Store } from "../scripts/lib/store/s3_store.ts";
import type { Store } from "../scripts/lib/store/store.ts";
import { keys, object, textOf } from "./lib/store/store_contract.ts";
import { type Fault, FaultProxy } from "./support/fault_proxy.ts";
import { large, MIB, server } from "./support/s3_place.ts";
import { s3Test } from "./support/s3_server.ts";

const IS_FULL = Boolean(Deno.env.get("REQUIRE_ALL"));

const PATIENCE = {
  connect_ms: 500,
  first_byte_ms: 600,
  idle_ms: 300,
  total_ms: 3_000,
  budget_ms: 3_000,
  tries: 4,
  first_wait_ms: 5,
};
/** All tries, each up to its deadline, of the calls that one operation makes. */
const LONGEST_MS = 15_000;

const SMALL = "a small object, which is put whole\n".repeat(300);
const LARGE = large("rides/a", 16 * MIB + 12_345);
const NAMES = ["rides/a", "rides/b", "rides/c"];

/** One call that the store makes: how it is known, what leads to it, what must be true of its result. */
interface Operation {
  method: string;
  target: RegExp;
  /** What is there before. */
  given: (store: Store) => Promise<unknown>;
  run: (store: Store) => Promise<unknown>;
  /** What a result, if there is one, must be. */
  expected: unknown[];
}

const nothing = () => Promise.resolve();
const putSmall = (store: Store) => store.put(object("rides/a", SMALL));
const putLarge = (store: Store) => store.put(LARGE);
const putNames = async (store: Store) => {
  for (const name of NAMES) await store.put(object(name, SMALL));
};
const put = { given: nothing, expected: ["made", "there"] };

const OPERATIONS: Record<string, Operation> = {
  "put": { method: "PUT", target: /x-id=PutObject/, ...put, run: putSmall },
  "create upload": {
    method: "POST",
    target: /\?uploads/,
    ...put,
    run: putLarge,
  },
  "put part": { method: "PUT", target: /partNumber=/, ...put, run: putLarge },
  "complete upload": {
    method: "POST",
    target: /uploadId=/,
    ...put,
    run: putLarge,
  },
  "abort upload": {
    method: "DELETE",
    target: /uploadId=/,
    ...put,
    run: (store) => store.put({ ...LARGE, open: changing() }),
    expected: [],
  },
  "head": {
    method: "HEAD",
    target: /rides\/a/,
    given: putSmall,
    run: async (store) => (await store.head("rides/a"))?.bytes,
    expected: [SMALL.length],
  },
  "get": {
    method: "GET",
    target: /rides\/a/,
    given: putSmall,
    run: (store) => textOf(store, "rides/a"),
    expected: [SMALL],
  },
  "list": {
    method: "GET",
    target: /list-type/,
    given: putNames,
    run: (store) => keys(store, "rides"),
    expected: [NAMES],
  },
};

/** Gives other bytes the second time, so that an upload has to be taken back. */
function changing() {
  let opened = 0;
  return async function* () {
    yield* LARGE.open();
    if (opened++) yield await Promise.resolve(new Uint8Array([1]));
  };
}

const FAULTS: Record<string, Fault> = {
  "delay": { kind: "delay", milliseconds: 150 },
  "429": { kind: "answer", status: 429 },
  "500": { kind: "answer", status: 500 },
  "503": {
    kind: "answer",
    status: 503,
    body: "<Error><Code>SlowDown</Code><Message>Reduce.</Message></Error>",
  },
  "reset": { kind: "reset" },
  "silence": { kind: "silence" },
  "dropped": { kind: "dropped" },
  "lost in 500": { kind: "lie", status: 500 },
  "200 and nothing": { kind: "lie", status: 200 },
  "no body": { kind: "truncated", bytes: 0 },
  "truncated": { kind: "truncated", bytes: 100 },
  "trickle": { kind: "trickle", milliseconds: 1 },
  "duplicate": { kind: "duplicate" },
  "flipped": { kind: "flipped" },
  "said, not done": {
    kind: "answer",
    status: 200,
    body:
      '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>',
  },
};

/** Without REQUIRE_ALL: what has been wrong in other programs, and is quick. */
const SAMPLE: [string, string][] = [
  ["put", "503"],
  ["put", "dropped"],
  ["put", "duplicate"],
  ["create upload", "dropped"],
  ["put part", "reset"],
  ["complete upload", "dropped"],
  ["complete upload", "duplicate"],
  ["complete upload", "said, not done"],
  ["abort upload", "500"],
  ["head", "reset"],
  ["get", "truncated"],
  ["get", "flipped"],
  ["list", "truncated"],
  ["list", "200 and nothing"],
];

/** What came of a cell, for the matrix: requests of the kind, and how it ended. */
async function tryCell(
  operation: Operation,
  fault: Fault,
  how_often: "once" | "always",
): Promise<string> {
  const bucket = await server.makeBucket();
  using proxy = FaultProxy.start(server.endpoint);
  const direct = openS3Store(server.url(bucket));
  // Probed before, or the fault would hit the probe.
  await direct.put(object("rides/0", "probed"));
  await Deno.remove(server.path(bucket, "rides/0"));
  await operation.given(direct);
  const { method, target } = operation;
  const hits = how_often === "once" ? [1] : undefined;
  proxy.add({ method, target, hits, fault });
  const url = server.url(bucket, proxy.url);
  const start = performance.now();
  let ending = "ok";
  let failure = "";
  try {
    const result = await operation.run(
      openS3Store(url, { patience: PATIENCE }),
    );
    assertOneOf(result, operation.expected);
  } catch (error) {
    assertSentence(error);
    ending = "failed";
    failure = (error as Error).message;
  }
  const milliseconds = performance.now() - start;
  assert(milliseconds < LONGEST_MS, `it took ${milliseconds} ms`);
  const count = proxy.count(method, target);
  // What passes is waited for; bytes that were changed are no matter of patience.
  const may_fail = how_often === "always" || operation.expected.length === 0 ||
    ["flipped", "lie"].includes(fault.kind);
  assert(ending === "ok" || may_fail, failure);
  proxy.clear();
  if (ending === "failed" || operation.run === putLarge) {
    await assertConverges(operation, openS3Store(url), bucket);
  }
  return `${ending} ${count}`;
}

/** What is wrong is said by the store, not by what it is made of. */
function assertSentence(error: unknown): void {
  const { message } = error as Error;
  assert(
    /^Cannot (put|look at|read|list|begin|take)/.test(message),
    `${error}`,
  );
}

function assertOneOf(found: unknown, expected: unknown[]): void {
  const text = JSON.stringify(found);
  const is_known = expected.some((one) => JSON.stringify(one) === text);
  assert(is_known, `found ${text?.slice(0, 200)}`);
}

/** Run again when all is well, it is as if nothing had been. */
async function assertConverges(
  { run, expected }: Operation,
  store: Store,
  bucket: string,
): Promise<void> {
  if (expected.length) assertOneOf(await run(store), expected);
  else await putLarge(store);
  assertEquals(await server.openUploads(bucket), []);
  for await (const _ of store.get("rides/a"));
}

const CELLS = IS_FULL
  ? Object.keys(OPERATIONS).flatMap((operation) =>
    Object.keys(FAULTS).map((fault) => [operation, fault])
  ).filter((cell) =>
    (!cell.includes("head") || !cell.includes("200 and nothing")) &&
    (cell.includes("complete upload") || !cell.includes("said, not done"))
  )
  : SAMPLE;

for (
  const how_often of IS_FULL ? ["once", "always"] as const : ["once"] as const
) {
  const lines = new Map<string, string[]>();
  for (const [operation, fault] of CELLS) {
    s3Test(
      `${operation}, ${fault} ${how_often}: nothing lost, nothing twice`,
      async () => {
        const cell = await tryCell(
          OPERATIONS[operation],
          FAULTS[fault],
          how_often,
        );
        const line = lines.get(operation) ?? [];
        lines.set(operation, [...line, `${fault}: ${cell}`]);
      },
    );
  }
  s3Test(`the matrix of faults, each ${how_often}`, () => {
    // How it ended, and how many requests of the kind it took.
    for (const [operation, line] of lines) {
      console.log(`${operation.padEnd(16)}${line.join(", ")}`);
    }
    assertEquals(lines.size, new Set(CELLS.map(([name]) => name)).size);
    return Promise.resolve();
  });
}
