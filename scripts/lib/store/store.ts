/** What every object store can do. */

/** What is known of an object beside its bytes. */
export interface ObjectNote {
  sha256: string;
  /** Where the bytes came from: a file name, an address. */
  source?: string;
  source_bytes?: number;
  source_modified_at?: string;
  /** How the bytes are to be read; JSON when left out. */
  format?: string;
  /** Landed on purpose although the same bytes were there. */
  again?: boolean;
  /** The batch of the same name that was the last one until then. */
  replaces?: string;
  /** Why the bytes were refused; they are kept to be looked at. */
  reason?: string;
}

/** An object as `head` sees it. */
export interface ObjectHead extends ObjectNote {
  bytes: number;
  /** Where the store keeps versions: which one this is. */
  version_id?: string;
}

/** A new object: its bytes, and what its name and note are once the digest is known. */
export interface NewObject {
  open: () => AsyncIterable<Uint8Array>;
  /** Key and note, or undefined when these bytes are not wanted after all. */
  named: (
    sha256: string,
  ) => Promise<{ key: string; note: Omit<ObjectNote, "sha256"> } | undefined>;
}

/** Whether this call made the object, found its equal there, or was not to make it. */
export type PutResult = "made" | "there" | "unwanted";

/** Something that a store must be able to do, and whether it is. */
export interface Ability {
  name: string;
  ok: boolean;
  /** What was seen. */
  reason: string;
  /** What to do when it is not ok. */
  advice: string;
}

/** Immutable objects under validated keys. */
export interface Store {
  /** For people: where the store is, without secrets. */
  readonly label: string;
  /** Writes an object whole or not at all; other bytes under its key are an error. */
  put(object: NewObject): Promise<PutResult>;
  /** The bytes; the stream fails at its end when their digest is not the recorded one. */
  get(key: string): AsyncGenerator<Uint8Array>;
  head(key: string): Promise<ObjectHead | undefined>;
  /** Keys under a folder in order of name, from `after` on (itself left out). */
  list(folder: string, after?: string): AsyncGenerator<string>;
  /** Tries what the contract needs; a store without it keeps the contract itself. */
  probe?(folder: string): Promise<Ability[]>;
}

/** An object whose bytes are no longer those that landed; it is not loaded. */
export class ChangedObjectError extends Error {
  override name = "ChangedObjectError";
}

const KEY = /^[A-Za-z0-9_][A-Za-z0-9_.=-]*(\/[A-Za-z0-9_][A-Za-z0-9_.=-]*)*$/;

/** Whether a text can be a key. */
export function isKey(text: string): boolean {
  return KEY.test(text) && text.length <= 512;
}

/** A key as it is, or an error: keys are built from names and never from data. */
export function validKey(key: string): string {
  if (isKey(key)) return key;
  throw new TypeError(
    `Cannot use the key "${key}": expected parts of letters, digits and "_.=-", joined by "/"`,
  );
}
