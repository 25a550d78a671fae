/** Puts an object of the archive, unless it is there. */
import type { Store } from "../store/store.ts";
import type { PackedObject } from "./pack_objects.ts";
import { type ProofError, unreachable } from "./read_back.ts";

/**
 * An object of this name may be there already: then its lines tell whether it
 * is right. One that cannot be looked at stays for a later run, as do its rows.
 */
export async function putObject(
  store: Store,
  object: PackedObject,
): Promise<ProofError | undefined> {
  const { key, packed } = object;
  try {
    if (await store.head(key)) return;
  } catch (error) {
    return unreachable(object, store, error);
  }
  await store.put({
    open: async function* () {
      yield* packed;
    },
    named: () => Promise.resolve({ key, note: {} }),
  });
}
