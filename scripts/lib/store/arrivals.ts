/** Where new objects come from: a file that was given, or an inbox of files. */
import { readFile } from "./file_store.ts";
import { s3Inbox } from "./s3_inbox.ts";

/** Something that could be landed. */
export interface Arrival {
  /** For people and for the ledger: a file name. */
  source: string;
  /** Left out where only reading it would tell. */
  source_bytes?: number;
  source_modified_at?: string;
  /** How the bytes are to be read; JSON when left out. */
  format?: string;
  /** What the job calls this batch: of one name the last one counts. */
  label?: string;
  /** Why the bytes were refused, if they were. */
  reason?: string;
  open: () => AsyncIterable<Uint8Array>;
  /** Fails when the source changed since it was found. */
  confirm: () => Promise<void>;
  /** An inbox is read again and again: name, size and time tell what is known. */
  is_known_by_stat: boolean;
}

/** Finds what has arrived; `waits` is told what has to wait, and why. */
export type Arrivals = (
  waits: (source: string, reason: string) => void,
) => AsyncGenerator<Arrival>;

/** A file younger than this may still be written to. */
const GROWING_MS = 10_000;

/** One file, given by its path; what its bytes do not say may be told of it. */
export function givenFile(
  path: string,
  told: Pick<Arrival, "format" | "label"> = {},
): Arrivals {
  return async function* () {
    yield { ...await fileArrival(path, false), ...told };
  };
}

/** Every file of a folder, or of a part of a bucket, whose name starts with `prefix`, oldest first. */
export function inbox(url: string, prefix: string): Arrivals {
  if (url.startsWith("s3://")) return s3Inbox(url, prefix);
  const folder = url.replace(/^file:(\/\/(?=\/))?/, "").replace(/\/+$/, "");
  return async function* (waits) {
    const arrivals: FileArrival[] = [];
    try {
      for await (const { name, isFile } of Deno.readDir(folder)) {
        if (isFile && name.startsWith(prefix)) {
          arrivals.push(await fileArrival(`${folder}/${name}`, true));
        }
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new Error(
        `Cannot read the inbox "${url}": expected a folder, found nothing there`,
        { cause: error },
      );
    }
    arrivals.sort((one, other) =>
      compare(one.source_modified_at, other.source_modified_at) ||
      compare(one.source, other.source)
    );
    for (const arrival of arrivals) {
      const age = Date.now() - Date.parse(arrival.source_modified_at);
      if (arrival.source_bytes === 0 || age < GROWING_MS) {
        waits(
          arrival.source,
          `it was changed ${Math.round(age / 1000)} s ago and may still grow`,
        );
      } else yield arrival;
    }
  };
}

type FileArrival =
  & Arrival
  & Required<Pick<Arrival, "source_bytes" | "source_modified_at">>;

async function fileArrival(
  path: string,
  is_known_by_stat: boolean,
): Promise<FileArrival> {
  const { bytes, modified_at } = await statFile(path);
  if (bytes === 0 && !is_known_by_stat) {
    throw new RangeError(
      `Cannot land "${path}": expected at least one byte, found an empty file`,
    );
  }
  return {
    source: path.slice(path.lastIndexOf("/") + 1),
    source_bytes: bytes,
    source_modified_at: modified_at,
    open: () => readFile(path),
    confirm: async () => {
      const now = await statFile(path);
      if (now.bytes === bytes && now.modified_at === modified_at) return;
      throw new Error(
        `Cannot land "${path}": expected it to stay as it was, found it changed while it was read: try again`,
      );
    },
    is_known_by_stat,
  };
}

async function statFile(path: string) {
  try {
    const { size, mtime, isFile } = await Deno.stat(path);
    if (isFile) return { bytes: size, modified_at: mtime!.toISOString() };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      `Cannot land "${path}": expected a file, found nothing there`,
      { cause: error },
    );
  }
  throw new TypeError(`Cannot land "${path}": expected a file, found a folder`);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
