/** The note of an object as S3 metadata, whose values are headers: plain ASCII only. */
import type { ObjectNote } from "./store.ts";

/** A note, and which call of put wrote it. */
export interface S3Note extends ObjectNote {
  put_id?: string;
}

/** S3 takes 2 kB of metadata in all; digest, times and names take a part of it. */
const LONGEST_VALUE = 700;

/** The note as names and values for headers; names have no "_", which proxies drop. */
export function noteToMetadata(note: S3Note): Record<string, string> {
  return Object.fromEntries(
    Object.entries(note)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.replaceAll("_", "-"), encoded(`${value}`)]),
  );
}

/** The note that stands in the metadata, as far as it is one. */
export function noteFromMetadata(
  metadata: Record<string, string> = {},
): Partial<S3Note> {
  const text = (name: string) => {
    const value = metadata[name];
    return value === undefined ? undefined : decoded(value);
  };
  const bytes = text("source-bytes");
  const note: Partial<S3Note> = {
    sha256: text("sha256"),
    source: text("source"),
    source_bytes: bytes === undefined ? undefined : Number(bytes),
    source_modified_at: text("source-modified-at"),
    format: text("format"),
    again: text("again") === "true" ? true : undefined,
    replaces: text("replaces"),
    reason: text("reason"),
    put_id: text("put-id"),
  };
  return Object.fromEntries(
    Object.entries(note).filter(([, value]) => value !== undefined),
  );
}

function encoded(value: string): string {
  const whole = encode(value);
  if (whole.length <= LONGEST_VALUE) return whole;
  // Cut by characters, or half of one could be left.
  let text = "";
  for (const character of value) {
    const next = encode(character);
    if (text.length + next.length > LONGEST_VALUE) break;
    text += next;
  }
  return text;
}

/** Blanks too: a header loses them at its ends. */
function encode(value: string): string {
  return value.toWellFormed().replace(
    /[^\x21-\x24\x26-\x7e]+/g,
    encodeURIComponent,
  );
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Somebody else wrote it.
    return value;
  }
}
