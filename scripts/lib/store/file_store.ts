/** A folder as object store: objects are files, written whole or not at all. */
import { Digest } from "../bytes/digest.ts";
import { isThere, syncPath, writeAll } from "./disk.ts";
import {
  type Ability,
  ChangedObjectError,
  type NewObject,
  type ObjectHead,
  type ObjectNote,
  type PutResult,
  type Store,
  validKey,
} from "./store.ts";

/** Notes and unfinished objects live in here, beside the objects of a folder. */
const NOTES = ".notes";
const UNFINISHED = ".unfinished";

/** Only writing fails like this. */
const DISK_CODES = ["ENOSPC", "EDQUOT", "EROFS"];

/** Opens a folder as a store; it is made when the first object is put. */
export function openFileStore(folder: string): Store {
  return new FileStore(folder.replace(/\/+$/, ""));
}

class FileStore implements Store {
  readonly label: string;

  constructor(readonly folder: string) {
    this.label = `file:${folder}`;
  }

  async put(object: NewObject): Promise<PutResult> {
    try {
      return await this.#put(object);
    } catch (error) {
      if (!DISK_CODES.includes((error as { code?: string }).code ?? "")) {
        throw error;
      }
      throw new Error(
        `Cannot write to ${this.label}: expected room on a disk that can be written, found: ${
          (error as Error).message
        }`,
        { cause: error },
      );
    }
  }

  async #put(object: NewObject): Promise<PutResult> {
    const unfinished = `${this.folder}/${UNFINISHED}`;
    await Deno.mkdir(unfinished, { recursive: true });
    await removeAbandoned(unfinished);
    const { file, path } = await openUnfinished(unfinished);
    using _file = file;
    try {
      const sha256 = await write(file, object.open());
      const named = await object.named(sha256);
      if (!named) return "unwanted";
      await file.sync();
      return await this.#publish(path, { ...named, sha256 });
    } finally {
      await Deno.remove(path);
    }
  }

  async *get(key: string): AsyncGenerator<Uint8Array> {
    const path = this.#path(key);
    const expected = (await readNotes(path)).map((note) => note.sha256);
    const digest = new Digest();
    yield* digest.of(readFile(path));
    if (!expected.includes(digest.sha256)) {
      throw new ChangedObjectError(
        `Cannot read "${path}": expected sha256 ${
          expected.join(" or ") || "in a note"
        }, found ${digest.sha256}: the object was changed after it had landed`,
      );
    }
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const path = this.#path(key);
    try {
      const { size } = await Deno.stat(path);
      const notes = await readNotes(path);
      const sha256 = notes.length > 1 ? await digestOf(path) : notes[0]?.sha256;
      const note = notes.find((note) => note.sha256 === sha256);
      return { ...note, sha256: sha256 ?? await digestOf(path), bytes: size };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  async *list(folder: string, after = ""): AsyncGenerator<string> {
    const names: string[] = [];
    try {
      for await (const entry of Deno.readDir(this.#path(folder))) {
        if (!entry.isFile || entry.name.startsWith(".")) continue;
        const key = `${folder}/${entry.name}`;
        if (key > after) names.push(key);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    yield* names.sort();
  }

  /** Writing, locks and links are what some disks and network folders lack. */
  async probe(): Promise<Ability[]> {
    const unfinished = `${this.folder}/${UNFINISHED}`;
    const link = `${unfinished}/${crypto.randomUUID()}`;
    try {
      await Deno.mkdir(unfinished, { recursive: true });
      const { file, path } = await openUnfinished(unfinished);
      using _file = file;
      try {
        await file.sync();
        await Deno.link(path, link);
      } finally {
        await Deno.remove(path);
        await Deno.remove(link).catch(() => {});
      }
    } catch (error) {
      return [{
        name: "write, lock and link files",
        ok: false,
        reason: (error as Error).message,
        advice: "let this user write there, on a disk that has hard links",
      }];
    }
    return [];
  }

  #path(key: string): string {
    return `${this.folder}/${validKey(key)}`;
  }

  /** The note goes first: an object without a note can then not be seen. */
  async #publish(
    unfinished: string,
    { key, note, sha256 }: {
      key: string;
      note: Omit<ObjectNote, "sha256">;
      sha256: string;
    },
  ): Promise<PutResult> {
    const path = this.#path(key);
    const { folder, note_path } = notePath(path);
    await Deno.mkdir(`${folder}/${NOTES}`, { recursive: true });
    // One line a writer: with two at once, the object tells whose line is true.
    // What a power cut left of a line before it ends here.
    await Deno.writeTextFile(
      note_path,
      `\n${JSON.stringify({ sha256, ...note })}\n`,
      { append: true },
    );
    await syncPath(note_path);
    await syncPath(`${folder}/${NOTES}`);
    try {
      await Deno.link(unfinished, path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      const found = await digestOf(path);
      if (found === sha256) return "there";
      throw new Error(
        `Cannot put "${key}": there already with other bytes: expected sha256 ${sha256}, found ${found}`,
      );
    }
    await syncPath(folder);
    return "made";
  }
}

function notePath(path: string): { folder: string; note_path: string } {
  const slash = path.lastIndexOf("/");
  const folder = path.slice(0, slash);
  return { folder, note_path: `${folder}/${NOTES}/${path.slice(slash + 1)}` };
}

async function readNotes(path: string): Promise<ObjectNote[]> {
  try {
    const text = await Deno.readTextFile(notePath(path).note_path);
    return text.split("\n").flatMap(noteOf);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A line is skipped that a power cut has torn: its object was not there yet. */
function noteOf(line: string): ObjectNote[] {
  try {
    const note = JSON.parse(line);
    return typeof note.sha256 === "string" ? [note] : [];
  } catch {
    return [];
  }
}

/** Streams a local file; a piece is valid until the next one is asked for. */
export async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path);
  const chunk = new Uint8Array(1 << 20);
  while (true) {
    const size = await file.read(chunk);
    if (size === null) return;
    yield chunk.subarray(0, size);
  }
}

async function write(
  file: Deno.FsFile,
  source: AsyncIterable<Uint8Array>,
): Promise<string> {
  const digest = new Digest();
  for await (const chunk of digest.of(source)) {
    await writeAll(file, chunk);
  }
  return digest.sha256;
}

async function digestOf(path: string): Promise<string> {
  const digest = new Digest();
  for await (const _ of digest.of(readFile(path)));
  return digest.sha256;
}

/** Makes a file of this writer's own; whoever can take its lock knows that the writer is dead. */
async function openUnfinished(folder: string) {
  while (true) {
    const path = `${folder}/${crypto.randomUUID()}`;
    const file = await Deno.open(path, { write: true, createNew: true });
    await file.lock(true);
    // Before it was locked, another writer may have taken it for abandoned.
    if (await isThere(path)) return { file, path };
    file.close();
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    try {
      using file = await Deno.open(path, { write: true });
      if (await file.tryLock(true)) await Deno.remove(path);
    } catch (error) {
      // Another run finished it, or removed it, at this moment.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
