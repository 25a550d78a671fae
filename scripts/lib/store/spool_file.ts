/**
 * One file of the spool: its first 4,096 bytes are a line of JSON, which says
 * what must be remembered, and spaces; the rest is the answer as it came.
 */
import { gunzip } from "../bytes/gzip.ts";
import { isThere, writeAll } from "./disk.ts";

/** Where the answer begins. */
export const HEAD_BYTES = 4096;
/** Why an answer is refused whose writer did not come to its end. */
export const CUT = "it was cut by a crash";
/** A reason is for people: no more of it than they read. */
const TEXT_MAX = 300;

/** What the first line of a file says. */
export interface SpoolNote {
  /** Where the bytes came from. */
  source: string;
  /** When they came. */
  at: string;
  /** How they are packed. */
  encoding?: "gzip";
  /** Why they must not be loaded as they are. */
  refused?: string;
}

/** The answer in a file; packed bytes are unpacked, unless they are refused. */
export function bytesOf(
  file: Deno.FsFile,
  note: SpoolNote,
): AsyncGenerator<Uint8Array> {
  return unpacked(bodyOf(file), note);
}

/** Bytes as they are to be kept: packed ones unpacked, unless they are refused. */
export function unpacked(
  bytes: AsyncGenerator<Uint8Array>,
  { encoding, refused }: SpoolNote,
): AsyncGenerator<Uint8Array> {
  return encoding === "gzip" && !refused ? gunzip(bytes) : bytes;
}

async function* bodyOf(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(256 * 1024);
  await file.seek(HEAD_BYTES, Deno.SeekMode.Start);
  while (true) {
    const size = await file.read(chunk);
    if (size === null) return;
    yield chunk.subarray(0, size);
  }
}

/** In place and of one size: no room is needed to say how an answer ended. */
export async function writeHead(
  file: Deno.FsFile,
  note: SpoolNote,
): Promise<void> {
  const short = {
    ...note,
    source: note.source.slice(0, TEXT_MAX),
    refused: note.refused?.slice(0, TEXT_MAX),
  };
  const head = new Uint8Array(HEAD_BYTES).fill(32);
  head.set(new TextEncoder().encode(JSON.stringify(short)));
  head[HEAD_BYTES - 1] = 10;
  await file.seek(0, Deno.SeekMode.Start);
  await writeAll(file, head);
}

/** What the first line says. */
export async function readHead(file: Deno.FsFile): Promise<SpoolNote> {
  const head = new Uint8Array(HEAD_BYTES);
  await file.seek(0, Deno.SeekMode.Start);
  for (let at = 0; at < HEAD_BYTES;) {
    const size = await file.read(head.subarray(at));
    if (size === null) break;
    at += size;
  }
  try {
    return JSON.parse(new TextDecoder().decode(head));
  } catch {
    // Only a crash of the machine itself leaves it so.
    const at = (await file.stat()).mtime ?? new Date();
    return { source: "unknown", at: at.toISOString(), refused: CUT };
  }
}

/** Opens a file whose writer or reader is gone; undefined when it is not. */
export async function lockedFile(
  path: string,
): Promise<Deno.FsFile | undefined> {
  try {
    const file = await Deno.open(path, { read: true, write: true });
    // Between the two, another process may have finished with it.
    if (await file.tryLock(true) && await isThere(path)) return file;
    file.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return undefined;
}
