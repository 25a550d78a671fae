/** Opens the store that a URL names. */
import { openFileStore } from "./file_store.ts";
import { scrubbed } from "./s3_errors.ts";
import { openS3Store } from "./s3_store.ts";
import type { Store } from "./store.ts";

/** Opens `file:folder` or `s3://bucket/prefix` as a store. */
export function openStore(url: string): Store {
  if (url.startsWith("s3://")) return openS3Store(url);
  const folder = url.match(/^file:(?:\/\/(?=\/))?(.+)$/)?.[1];
  if (folder) return openFileStore(folder);
  // What stands before an "@" or after a "?" may be a key.
  const shown = scrubbed(url.replace(/\?.*/s, "?…"));
  throw new TypeError(
    `Cannot open the store "${shown}": expected "file:" and a folder, or "s3://" and a bucket`,
  );
}
