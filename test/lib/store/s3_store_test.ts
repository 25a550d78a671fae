import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { openStore } from "../../../scripts/lib/store/open_store.ts";
import {
  makeS3Store,
  server,
  SHORT_PATIENCE,
  throughProxy,
} from "../../support/s3_place.ts";
import { s3Test } from "../../support/s3_server.ts";
import {
  keys,
  object,
  sha256,
  storeContract,
  textOf,
} from "./store_contract.ts";

storeContract("S3 store", makeS3Store, s3Test);

s3Test(
  "S3 store: keys stand in the bucket as they are, beside what was probed",
  async () => {
    const bucket = await server.makeBucket();
    const store = openStore(server.url(bucket));
    await store.put(object("rides/a", "one"));
    assertEquals(await server.keys(bucket), [
      "rides/.probe",
      "rides/.probe_first",
      "rides/a",
    ]);
    assertEquals(await keys(store, "rides"), ["rides/a"]);
  },
);

s3Test("S3 store: what lies in deeper folders is not listed", async () => {
  const { store } = await makeS3Store();
  await store.put(object("rides/a", "one"));
  await store.put(object("rides/refused/b", "two"));
  assertEquals(await keys(store, "rides"), ["rides/a"]);
  assertEquals(await keys(store, "rides/refused"), ["rides/refused/b"]);
});

s3Test("S3 store: a listing of many pages is whole", async () => {
  const { store } = await makeS3Store({ page_size: 7 });
  const names = Array.from(
    { length: 30 },
    (_, index) => `rides/${String(index).padStart(2, "0")}`,
  );
  await Promise.all(names.map((name) => store.put(object(name, name))));
  assertEquals(await keys(store, "rides"), names);
  assertEquals(await keys(store, "rides", names[10]), names.slice(11));
});

s3Test(
  "S3 store: a note keeps names in any script, blanks and a reason",
  async () => {
    const { store } = await makeS3Store();
    const note = {
      source: " große Straße 100%/日本\n.jsonl ",
      source_bytes: 12345678901,
      source_modified_at: "2026-01-05T06:00:00.000Z",
      again: true,
      reason: "expected JSON, found <html>",
    };
    await store.put({
      ...object("rides/a", "one"),
      named: () => Promise.resolve({ key: "rides/a", note }),
    });
    assertEquals(await store.head("rides/a"), {
      ...note,
      bytes: 3,
      sha256: sha256("one"),
    });
  },
);

s3Test(
  "S3 store: a name that is too long for metadata is cut, not broken",
  async () => {
    const { store } = await makeS3Store();
    const source = "ä".repeat(1000);
    const named = {
      key: "rides/a",
      note: { source, reason: "x".repeat(5000) },
    };
    await store.put({
      ...object("rides/a", "one"),
      named: () => Promise.resolve(named),
    });
    const head = await store.head("rides/a");
    assert(source.startsWith(head?.source ?? "?"));
    assert(head!.source!.length > 100 && head!.reason!.length > 100);
  },
);

s3Test(
  "S3 store: an object of somebody else is seen, but not believed",
  async () => {
    const { store, bucket, open } = await makeS3Store();
    await store.put(object("rides/a", "one"));
    await server.putBare(bucket, "some/prefix/rides/b", "two");
    assertEquals(await keys(open(), "rides"), ["rides/a", "rides/b"]);
    assertEquals((await store.head("rides/b"))?.sha256, sha256("two"));
    await assertRejects(
      () => textOf(store, "rides/b"),
      Error,
      "in its metadata",
    );
  },
);

s3Test(
  "S3 store: an object that was replaced, cut or is gone is not read",
  async () => {
    for (const how of ["replace", "cut", "delete", "unreadable"] as const) {
      const { store, bucket } = await makeS3Store({ patience: SHORT_PATIENCE });
      await store.put(object("rides/a", "one and more"));
      await server.damage(bucket, "some/prefix/rides/a", how);
      const error = await assertRejects(() => textOf(store, "rides/a"), Error);
      assertStringIncludes(error.message, "rides/a");
    }
  },
);

s3Test(
  "S3 store: a bucket that keeps versions says which one is there",
  async () => {
    const { store, bucket } = await makeS3Store();
    await server.keepVersions(bucket);
    await store.put(object("rides/a", "one"));
    const head = await store.head("rides/a");
    assert(head?.version_id && head.version_id !== "null");
  },
);

s3Test(
  "S3 store: an answer that was lost is known as our own success",
  () =>
    throughProxy(async (proxy) => {
      const { store } = await makeS3Store({ patience: SHORT_PATIENCE }, proxy);
      await store.put(object("rides/first", "probed"));
      proxy.add({ method: "PUT", hits: [1], fault: { kind: "dropped" } });
      assertEquals(await store.put(object("rides/a", "one")), "made");
      assert(proxy.count("PUT", /rides\/a/) > 1);
      assertEquals(await store.put(object("rides/a", "one")), "there");
    }),
);

s3Test(
  "S3 store: a body that breaks off is read on from where it was",
  () =>
    throughProxy(async (proxy) => {
      const { store } = await makeS3Store({ patience: SHORT_PATIENCE }, proxy);
      const text = "0123456789".repeat(100_000);
      await store.put(object("rides/a", text));
      const fault = { kind: "truncated", bytes: 300_000 } as const;
      proxy.add({ method: "GET", target: /rides\/a/, hits: [1, 2], fault });
      assert(await textOf(store, "rides/a") === text);
      assertEquals(proxy.count("GET", /rides\/a/), 3);
    }),
);

s3Test(
  "S3 store: an object that is replaced while it is read is not mixed",
  () =>
    throughProxy(async (proxy) => {
      const { store, bucket } = await makeS3Store(
        { patience: SHORT_PATIENCE },
        proxy,
      );
      await store.put(object("rides/a", "0123456789".repeat(100_000)));
      const fault = { kind: "truncated", bytes: 300_000 } as const;
      proxy.add({ method: "GET", target: /rides\/a/, hits: [1], fault });
      proxy.add({
        method: "GET",
        target: /rides\/a/,
        hits: [2],
        fault: {
          kind: "meanwhile",
          act: () => server.putBare(bucket, "some/prefix/rides/a", "another"),
        },
      });
      await assertRejects(() => textOf(store, "rides/a"), Error);
    }),
);
