/** Stores on the shared S3 server, for tests. */
import { createHash } from "node:crypto";
import type { NewObject } from "../../scripts/lib/store/store.ts";
import { openStore } from "../../scripts/lib/store/open_store.ts";
import {
  openS3Store,
  type S3Options,
} from "../../scripts/lib/store/s3_store.ts";
import { object } from "../lib/store/store_contract.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { S3_MISSING, type S3Server, sharedS3Server } from "./s3_server.ts";

/** The server of this test file; its tests are skipped when there is none. */
export const server: S3Server = S3_MISSING
  ? undefined!
  : await sharedS3Server();
/** Fails soon: what is wrong here stays wrong. */
export const SHORT_PATIENCE = {
  connect_ms: 500,
  first_byte_ms: 2_000,
  idle_ms: 500,
  total_ms: 5_000,
  budget_ms: 3_000,
  tries: 3,
  first_wait_ms: 10,
};
/** 1,048,576 bytes. */
export const MIB = 1024 * 1024;

/** An empty bucket, and a part of it as a store, through a proxy if one is given. */
export async function makeS3Store(options: S3Options = {}, proxy?: FaultProxy) {
  const bucket = await server.makeBucket();
  const urlOf = (prefix: string) =>
    server.url(`${bucket}/${prefix}`, proxy?.url);
  return {
    bucket,
    url: urlOf("some/prefix"),
    store: openS3Store(urlOf("some/prefix"), options),
    open: () => openStore(urlOf("some/prefix/")),
    flipBit: (key: string) =>
      server.damage(bucket, `some/prefix/${key}`, "flip"),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Runs a story with a proxy between it and the server. */
export async function throughProxy(
  story: (proxy: FaultProxy) => Promise<void>,
): Promise<void> {
  using proxy = FaultProxy.start(server.endpoint);
  await story(proxy);
}

/** An object of so many bytes, none of which is like its neighbour. */
export function large(
  key: string,
  size: number,
): NewObject & { sha256(): string } {
  const bytes = new Uint8Array(size);
  const words = new Uint32Array(bytes.buffer, 0, size >> 2);
  for (let at = 0, word = size; at < words.length; at++) {
    words[at] = word = Math.imul(word, 1664525) + 1013904223;
  }
  return {
    ...object(key),
    open: async function* () {
      for (let at = 0; at < size; at += 999_999) {
        yield await Promise.resolve(bytes.subarray(at, at + 999_999));
      }
    },
    sha256: () => sha256Of(bytes),
  };
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
