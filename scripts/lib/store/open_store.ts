/** Opens the store that a URL names. */
import { openFileStore } from "./file_store.ts";
import type { Store } from "./store.ts";

/** Opens `file:folder` as a store. */
export function openStore(url: string): Store {
  const folder = url.match(/^file:(?:\/\/(?=\/))?(.+)$/)?.[1];
  if (folder) return openFileStore(folder);
  throw new TypeError(
    `Cannot open the store "${url}": expected "file:" and a folder`,
  );
}
