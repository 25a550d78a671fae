import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Arrival, inbox } from "../../../scripts/lib/store/arrivals.ts";
import { server } from "../../support/s3_place.ts";
import { s3Test } from "../../support/s3_server.ts";

/** A bucket with these objects, each left so many seconds ago. */
async function makeInbox(objects: Record<string, [text: string, age: number]>) {
  const bucket = await server.makeBucket();
  for (const [key, [text, age]] of Object.entries(objects)) {
    await server.putBare(bucket, key, text);
    const at = Date.now() / 1000 - age;
    await Deno.utime(server.path(bucket, key), at, at);
  }
  return { bucket, url: server.url(`${bucket}/in`) };
}

async function textOf(arrival: Arrival): Promise<string> {
  let text = "";
  for await (const chunk of arrival.open()) {
    text += new TextDecoder().decode(chunk);
  }
  return text;
}

s3Test(
  "S3 inbox: objects come by their start of name, oldest first",
  async () => {
    const { url } = await makeInbox({
      "in/rides_2.jsonl": ["two", 20],
      "in/rides_1 (late) ä.jsonl": ["one", 30],
      "in/docks.jsonl": ["docks", 40],
      "in/rides/deeper.jsonl": ["deeper", 40],
      "rides_elsewhere.jsonl": ["elsewhere", 40],
    });
    const found = await Array.fromAsync(inbox(url, "rides")(() => {}));
    assertEquals(found.map(({ source }) => source), [
      "rides_1 (late) ä.jsonl",
      "rides_2.jsonl",
    ]);
    const [first] = found;
    assertEquals(first.source_bytes, 3);
    assert(Date.parse(first.source_modified_at!) < Date.now() - 29_000);
    assert(first.is_known_by_stat);
    assertEquals(await textOf(first), "one");
    await first.confirm();
  },
);

s3Test("S3 inbox: an empty object waits", async () => {
  const { url } = await makeInbox({ "in/rides_1.jsonl": ["", 60] });
  const waiting: string[] = [];
  const found = await Array.fromAsync(
    inbox(url, "rides")((source) => waiting.push(source)),
  );
  assertEquals([found.length, waiting], [0, ["rides_1.jsonl"]]);
});

s3Test(
  "S3 inbox: an object that changed since it was found is not landed",
  async () => {
    const { url, bucket } = await makeInbox({ "in/rides_1": ["one", 60] });
    const [arrival] = await Array.fromAsync(inbox(url, "rides")(() => {}));
    await server.putBare(bucket, "in/rides_1", "two");
    await assertRejects(() => textOf(arrival), Error, "found it changed");
  },
);

s3Test("S3 inbox: a bucket that is not there is an error", async () => {
  const arrivals = inbox(server.url("no-such-bucket"), "rides");
  await assertRejects(
    () => Array.fromAsync(arrivals(() => {})),
    Error,
    "expected the bucket to be there",
  );
});
