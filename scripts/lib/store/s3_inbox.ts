/** A part of a bucket in which others leave objects, to be landed. */
import type { Arrival, Arrivals } from "./arrivals.ts";
import { PATIENCE } from "./retry.ts";
import { S3Error } from "./s3_errors.ts";
import { type Listed, listObjects, readObject } from "./s3_read.ts";
import { readS3Url } from "./s3_url.ts";

/** Every object right under the URL whose name starts with `prefix`, oldest first. */
export function s3Inbox(url: string, prefix: string): Arrivals {
  const place = readS3Url(url, "inbox");
  const { label } = place;
  return async function* (waits) {
    const { S3Client } = await import("./s3_client.ts");
    const client = new S3Client(place, PATIENCE);
    const listing = {
      under: place.prefix + prefix,
      after: "",
      label,
      page_size: 1000,
    };
    const found = await Array.fromAsync(listObjects(client, listing));
    for (const listed of found.sort(byAge)) {
      const { key, bytes, modified_at, etag } = listed;
      const source = key.slice(place.prefix.length);
      // An object is there as a whole or not at all: only an empty one may grow.
      if (bytes === 0) {
        waits(source, "it is empty and may still be written");
        continue;
      }
      yield {
        source,
        source_bytes: bytes,
        source_modified_at: modified_at.toISOString(),
        open: () => unchanged(client, { key, label, etag }),
        // Every read asks for this content and no other.
        confirm: () => Promise.resolve(),
        is_known_by_stat: true,
      };
    }
  };
}

/** One object, given by its URL; what its bytes do not say may be told of it. */
export function s3File(
  url: string,
  told: Pick<Arrival, "format" | "label"> = {},
): Arrivals {
  const place = readS3Url(url, "file");
  const key = place.prefix.slice(0, -1);
  const label = `s3://${place.bucket}`;
  return async function* () {
    const { S3Client } = await import("./s3_client.ts");
    const client = new S3Client(place, PATIENCE);
    const listing = { under: key, after: "", label, page_size: 1 };
    // No other key that begins so comes before it.
    const first = await listObjects(client, listing).next();
    const found = first.done ? undefined : first.value;
    if (found?.key !== key || found.bytes === 0) {
      throw new Error(
        `Cannot land "${key}" of ${label}: expected an object with at least one byte, found ${
          found?.key === key ? "an empty one" : "nothing there"
        }`,
        { cause: new Deno.errors.NotFound() },
      );
    }
    const { bytes, modified_at, etag } = found;
    yield {
      source: key.slice(key.lastIndexOf("/") + 1),
      source_bytes: bytes,
      source_modified_at: modified_at.toISOString(),
      open: () => unchanged(client, { key, label, etag }),
      // Every read asks for this content and no other.
      confirm: () => Promise.resolve(),
      is_known_by_stat: false,
      ...told,
    };
  };
}

async function* unchanged(
  client: Parameters<typeof readObject>[0],
  object: { key: string; label: string; etag: string },
): AsyncGenerator<Uint8Array> {
  try {
    yield* readObject(client, { ...object, patience: PATIENCE });
  } catch (error) {
    if (!(error instanceof S3Error && error.is_conflict)) throw error;
    throw new Error(
      `Cannot land "${object.key}" of ${object.label}: expected it to stay as it was, found it changed while it was read: try again`,
      { cause: error },
    );
  }
}

function byAge(one: Listed, other: Listed): number {
  return one.modified_at.getTime() - other.modified_at.getTime() ||
    (one.key < other.key ? -1 : 1);
}
