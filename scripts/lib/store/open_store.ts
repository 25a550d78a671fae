/** Opens the store that a URL names. */
import { openFileStore } from "./file_store.ts";
import { openS3Store } from "./s3_store.ts";
import { addressError, shownAddress } from "./s3_url.ts";
import type { Store } from "./store.ts";

/** Opens `file:folder` or `s3://bucket/prefix` as a store. */
export function openStore(url: string): Store {
  if (url.startsWith("s3://")) return openS3Store(url);
  const folder = url.match(/^file:(?:\/\/(?=\/))?(.+)$/)?.[1];
  if (folder) return openFileStore(folder);
  throw addressError(
    `Cannot open the store "${
      shownAddress(url)
    }": expected "file:" and a folder, or "s3://" and a bucket`,
  );
}
