/**
 * A folder of this machine where bytes wait that cannot be had again, until
 * the store has them: one file for each answer.
 */
import { UnreadableError } from "../bytes/unreadable_error.ts";
import { instantName } from "./batch_name.ts";
import { isThere, syncPath, writeAll } from "./disk.ts";
import {
  bytesOf,
  CUT,
  HEAD_BYTES,
  lockedFile,
  readHead,
  type SpoolNote,
  writeHead,
} from "./spool_file.ts";

const NAME = /^\d{8}T\d{6}\.\d{3}Z_[0-9a-f]{8}$/;
const UNFINISHED = ".unfinished";

/** Says why bytes are not what was expected; undefined when they are. */
export type Proof = (
  bytes: AsyncIterable<Uint8Array>,
) => Promise<string | undefined>;

/** Bytes as they come, and what their sender says of them. */
export interface Incoming {
  encoding?: "gzip";
  refused?: string;
  body: AsyncIterable<Uint8Array>;
}

/** Answers that wait, in files of one folder. */
export class Spool {
  constructor(readonly folder: string) {}

  /** Makes a file to write to; what cannot be kept need not be asked for. */
  async begin(source: string): Promise<SpoolWriter> {
    await this.#makeFolder();
    const at = new Date();
    const { name, file } = await this.#openNew(at.getTime());
    const note = { source, at: at.toISOString(), refused: CUT };
    await writeHead(file, note);
    await file.sync();
    return new SpoolWriter({ folder: this.folder, name, file, note });
  }

  /** The names of the answers that wait, the oldest first. */
  async list(): Promise<string[]> {
    return (await this.#names()).filter((name) => NAME.test(name));
  }

  /** What is known of an answer; undefined when it waits no more. */
  async note(name: string): Promise<SpoolNote | undefined> {
    try {
      using file = await Deno.open(`${this.folder}/${name}`);
      return await readHead(file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** One answer for this process alone; undefined when another one has it. */
  async take(name: string): Promise<SpooledAnswer | undefined> {
    const path = `${this.folder}/${name}`;
    const file = await lockedFile(path);
    if (!file) return undefined;
    return new SpooledAnswer({
      folder: this.folder,
      name,
      file,
      note: await readHead(file),
      bytes: (await file.stat()).size - HEAD_BYTES,
    });
  }

  /** Makes answers of what killed writers left; their names. */
  async recover(prove: Proof): Promise<string[]> {
    const recovered: string[] = [];
    for (const file_name of await this.#names()) {
      if (!file_name.endsWith(UNFINISHED)) continue;
      const name = file_name.slice(0, -UNFINISHED.length);
      const path = `${this.folder}/${file_name}`;
      const file = await lockedFile(path);
      if (!file) continue;
      if ((await file.stat()).size <= HEAD_BYTES) {
        // Not a byte had come.
        await Deno.remove(path);
        file.close();
        continue;
      }
      const note = await readHead(file);
      const writer = new SpoolWriter({ folder: this.folder, name, file, note });
      await writer.finish(async (bytes) => {
        const fault = await prove(bytes);
        return fault && `${CUT}: ${fault}`;
      });
      recovered.push(name);
    }
    return recovered;
  }

  /** A locked file of this writer's own: whoever gets the lock knows that it is dead. */
  async #openNew(at_ms: number): Promise<{ name: string; file: Deno.FsFile }> {
    while (true) {
      const id = crypto.randomUUID().slice(0, 8);
      const name = `${instantName(at_ms)}_${id}`;
      const path = `${this.folder}/${name}${UNFINISHED}`;
      const options = { read: true, write: true, createNew: true };
      const file = await Deno.open(path, options);
      await file.lock(true);
      // Before it was locked, another run may have taken it for abandoned.
      if (await isThere(path)) return { name, file };
      file.close();
    }
  }

  async #names(): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of Deno.readDir(this.folder)) names.push(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        throw new Error(
          `Cannot read the spool "${this.folder}": ${(error as Error).message}`,
          { cause: error },
        );
      }
    }
    return names.sort();
  }

  /** A folder survives a power cut only when the one above it was synced. */
  async #makeFolder(): Promise<void> {
    const missing: string[] = [];
    let path = this.folder;
    while (path.includes("/") && !await isThere(path)) {
      missing.push(path);
      path = path.slice(0, path.lastIndexOf("/"));
    }
    await Deno.mkdir(this.folder, { recursive: true });
    for (const made of missing) {
      await syncPath(made.slice(0, made.lastIndexOf("/")) || "/");
    }
  }
}

interface OpenFile {
  folder: string;
  name: string;
  file: Deno.FsFile;
  note: SpoolNote;
}

/** A file that is being written; until `finish` it counts as cut by a crash. */
export class SpoolWriter {
  #byte_count = 0;

  constructor(readonly of: OpenFile) {}

  /** Writes an answer; one that breaks off is kept as far as it came. */
  async write({ encoding, refused, body }: Incoming): Promise<void> {
    const { file, note } = this.of;
    note.at = new Date().toISOString();
    note.encoding = encoding;
    if (refused) note.refused = refused;
    await writeHead(file, note);
    try {
      for await (const piece of body) {
        await writeAll(file, piece);
        this.#byte_count += piece.length;
      }
    } catch (error) {
      const is_theirs = error instanceof UnreadableError;
      if (!is_theirs && this.#byte_count === 0) {
        throw new Error(
          `Cannot write to the spool "${this.of.folder}": ${
            (error as Error).message
          }`,
          { cause: error },
        );
      }
      note.refused = is_theirs
        ? error.reason
        : `it could not be written whole: ${(error as Error).message}`;
    }
  }

  /** Judges what was written, and makes it durable under its name, which is given back. */
  async finish(prove: Proof): Promise<string> {
    const { folder, name, file, note } = this.of;
    // What was cut by a crash may have been written whole: its own end tells.
    if (note.refused === CUT) {
      note.refused = undefined;
      note.refused = await prove(bytesOf(file, note));
    }
    await writeHead(file, note);
    await file.sync();
    await Deno.rename(
      `${folder}/${name}${UNFINISHED}`,
      `${folder}/${name}`,
    );
    await syncPath(folder);
    file.close();
    return name;
  }

  /** Nothing came: nothing is kept. */
  async abandon(): Promise<void> {
    const { folder, name, file } = this.of;
    await Deno.remove(`${folder}/${name}${UNFINISHED}`);
    file.close();
  }
}

/** An answer that waits, locked for this process until it is closed. */
export class SpooledAnswer {
  constructor(readonly of: OpenFile & { bytes: number }) {}

  get note(): SpoolNote {
    return this.of.note;
  }

  get bytes(): number {
    return this.of.bytes;
  }

  /** The answer's bytes; packed ones unpacked, unless they are refused. */
  open(): AsyncGenerator<Uint8Array> {
    return bytesOf(this.of.file, this.of.note);
  }

  /** The store has it: it waits no more. */
  async remove(): Promise<void> {
    await Deno.remove(`${this.of.folder}/${this.of.name}`);
    await syncPath(this.of.folder);
  }

  close(): void {
    this.of.file.close();
  }
}
