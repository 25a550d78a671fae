/**
 * A folder of this machine where bytes wait that cannot be had again, until
 * the store has them: one file for each answer.
 */
import { instantName } from "./batch_name.ts";
import { isThere, syncPath } from "./disk.ts";
import type { WaitingAnswer } from "./held_answer.ts";
import {
  bytesOf,
  CUT,
  HEAD_BYTES,
  lockedFile,
  readHead,
  type SpoolNote,
  writeHead,
} from "./spool_file.ts";
import {
  type OpenFile,
  type Proof,
  SpoolWriter,
  UNFINISHED,
} from "./spool_writer.ts";

const NAME = /^\d{8}T\d{6}\.\d{3}Z_[0-9a-f]{8}$/;

/** Answers that wait, in files of one folder. */
export class Spool {
  constructor(readonly folder: string) {}

  /** Makes a file to write to; what cannot be kept need not be asked for. */
  async begin(source: string): Promise<SpoolWriter> {
    await this.#makeFolder();
    const at = new Date();
    const { name, file } = await this.#openNew(at.getTime());
    const note = { source, at: at.toISOString(), refused: CUT };
    const writer = new SpoolWriter({ folder: this.folder, name, file, note });
    try {
      await writeHead(file, note);
      await file.sync();
      return writer;
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  }

  /** A writer without a file, for a disk that takes none: it can only hold an answer. */
  hold(source: string, failure: unknown): SpoolWriter {
    const note = { source, at: new Date().toISOString(), refused: CUT };
    return new SpoolWriter({ folder: this.folder, name: "", note }, failure);
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

/** An answer that waits, locked for this process until it is closed. */
export class SpooledAnswer implements WaitingAnswer {
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
