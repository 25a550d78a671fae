import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { large, makeS3Store, MIB, server } from "../../support/s3_place.ts";
import { s3Test } from "../../support/s3_server.ts";

s3Test(
  "S3 store: objects around the limit for parts come back as they were",
  async () => {
    const { store, bucket } = await makeS3Store();
    for (const size of [16 * MIB - 1, 16 * MIB, 16 * MIB + 1, 40 * MIB]) {
      const big = large(`rides/${size}`, size);
      assertEquals(await store.put(big), "made");
      const head = await store.head(`rides/${size}`);
      assertEquals([head?.bytes, head?.sha256], [size, big.sha256()]);
      for await (const _ of store.get(`rides/${size}`));
      assertEquals(await store.put(big), "there");
    }
    assertEquals(await server.openUploads(bucket), []);
  },
);

s3Test(
  "S3 store: other bytes under the key of a large object are refused",
  async () => {
    const { store, bucket } = await makeS3Store();
    await store.put(large("rides/a", 17 * MIB));
    const other = large("rides/a", 18 * MIB);
    const error = await assertRejects(() => store.put(other), Error);
    assertStringIncludes(error.message, other.sha256());
    assertEquals(await server.openUploads(bucket), []);
  },
);

s3Test("S3 store: of several writers of a large object one wins", async () => {
  const { open, bucket } = await makeS3Store();
  const sizes = [17, 18, 19].map((size) => size * MIB);
  const results = await Promise.allSettled(
    sizes.map((size) => open().put(large("rides/a", size))),
  );
  const made = sizes.filter((_, i) => results[i].status === "fulfilled");
  assertEquals(made.length, 1);
  assertEquals((await open().head("rides/a"))?.bytes, made[0]);
  assertEquals(await server.openUploads(bucket), []);
});

s3Test(
  "S3 store: a source that is another the second time leaves nothing",
  async () => {
    const { store, bucket } = await makeS3Store();
    const [one, two] = [17, 18].map((size) => large("rides/a", size * MIB));
    let opened = 0;
    const changing = { ...one, open: () => (opened++ ? two : one).open() };
    await assertRejects(() => store.put(changing), Error, "the source changed");
    assertEquals(await store.head("rides/a"), undefined);
    assertEquals(await server.openUploads(bucket), []);
  },
);

s3Test(
  "S3 store: an upload that was left more than a day ago is taken back",
  async () => {
    const { store, bucket } = await makeS3Store();
    await server.leaveUpload(bucket, "some/prefix/rides/old", 25);
    await server.leaveUpload(bucket, "some/prefix/rides/new", 23);
    await server.leaveUpload(bucket, "elsewhere/rides/old", 25);
    assertEquals((await server.openUploads(bucket)).length, 3);
    await store.put(large("rides/a", 17 * MIB));
    assertEquals(await server.openUploads(bucket), [
      "elsewhere/rides/old",
      "some/prefix/rides/new",
    ]);
  },
);
