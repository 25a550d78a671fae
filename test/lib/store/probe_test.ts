import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { FaultProxy } from "../../support/fault_proxy.ts";
import { makeS3Store, server, throughProxy } from "../../support/s3_place.ts";
import { s3Test } from "../../support/s3_server.ts";
import { keys, object } from "./store_contract.ts";

/** What a front does to make a good server a bad one, and what the probe calls it. */
const UNABLE: [string, (proxy: FaultProxy, bucket: string) => void][] = [
  ["overwrites an object silently", (proxy, bucket) =>
    proxy.add({
      method: "PUT",
      target: /probe_first/,
      fault: {
        kind: "meanwhile",
        act: async () => {
          const path = server.path(bucket, "some/prefix/rides/.probe_first");
          await Deno.remove(path).catch(() => {});
        },
      },
    })],
  ["takes bytes whose checksum is wrong", (proxy) =>
    proxy.add({
      method: "PUT",
      target: /probe_checksum/,
      fault: { kind: "lie", status: 200 },
    })],
  ["other bytes than those that were written", (proxy) =>
    proxy.add({
      method: "GET",
      target: /probe_first/,
      fault: { kind: "lie", status: 200, body: "old", headers: ["etag: a"] },
    })],
  ["a listing without what was written", (proxy) =>
    proxy.add({
      method: "GET",
      target: /list-type/,
      fault: {
        kind: "lie",
        status: 200,
        body:
          "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>",
      },
    })],
];

for (const [reason, misbehave] of UNABLE) {
  s3Test(
    `S3 store: a store is refused at its first use: ${reason}`,
    () =>
      throughProxy(async (proxy) => {
        const { store, open, bucket } = await makeS3Store({}, proxy);
        misbehave(proxy, bucket);
        for (const one of [store, store, open()]) {
          const put = () => one.put(object("rides/a", "one"));
          const error = await assertRejects(put, Error, reason);
          assertStringIncludes(error.message, "use another store");
        }
        const abilities = await store.probe!("rides");
        assertEquals(
          abilities.filter(({ ok }) => !ok).map((ability) => ability.reason)
            .some((found) => found.includes(reason)),
          true,
        );
        assertEquals(
          await keys(open(), "rides").catch(
            () => [],
          ),
          [],
        );
        proxy.clear();
      }),
  );
}

s3Test(
  "S3 store: what was probed once costs one request the next time",
  () =>
    throughProxy(async (proxy) => {
      const { store, open } = await makeS3Store({}, proxy);
      await store.put(object("rides/a", "one"));
      proxy.clear();
      const other = open();
      await other.put(object("rides/b", "two"));
      await other.put(object("rides/c", "three"));
      assertEquals(
        proxy.requests.map(({ method }) => method),
        ["GET", "PUT", "PUT"],
      );
      assertEquals((await other.probe!("rides")).map(({ ok }) => ok), [
        true,
        true,
        true,
        true,
      ]);
    }),
);
