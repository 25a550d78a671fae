/** Writes one answer into the spool, and holds it should the disk not take it. */
import { UnreadableError } from "../bytes/unreadable_error.ts";
import { syncPath, writeAll } from "./disk.ts";
import { HeldAnswer } from "./held_answer.ts";
import { bytesOf, CUT, type SpoolNote, writeHead } from "./spool_file.ts";

/** What the name of a file ends with that is being written. */
export const UNFINISHED = ".unfinished";

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

/** A file of a spool that this process has locked. */
export interface OpenFile {
  folder: string;
  name: string;
  file: Deno.FsFile;
  note: SpoolNote;
}

/** A file that is being written; until `finish` it counts as cut by a crash. */
export class SpoolWriter {
  /** What came: a disk that is full must not cost an answer that the store can take. */
  #pieces: Uint8Array[] = [];
  #failure: unknown;

  constructor(
    readonly of: Omit<OpenFile, "file"> & { file?: Deno.FsFile },
    failure?: unknown,
  ) {
    this.#failure = failure;
  }

  /** Takes an answer; one that breaks off is kept as far as it came. */
  async write({ encoding, refused, body }: Incoming): Promise<void> {
    const { note } = this.of;
    note.at = new Date().toISOString();
    note.encoding = encoding;
    if (refused) note.refused = refused;
    await this.#try((file) => writeHead(file, note));
    try {
      for await (const piece of body) {
        this.#pieces.push(piece.slice());
        await this.#try((file) => writeAll(file, piece));
      }
    } catch (error) {
      const is_theirs = error instanceof UnreadableError;
      if (!is_theirs && !this.#pieces.length) throw error;
      note.refused = is_theirs
        ? error.reason
        : `it could not be written whole: ${(error as Error).message}`;
    }
  }

  /** Judges what was written, and makes it durable under its name, which is given back. */
  async finish(prove: Proof): Promise<string> {
    const { folder, name, note } = this.of;
    await this.#try(async (file) => {
      const judged = await judgedNote(
        note,
        (note) => bytesOf(file, note),
        prove,
      );
      await writeHead(file, judged);
      await file.sync();
      await Deno.rename(
        `${folder}/${name}${UNFINISHED}`,
        `${folder}/${name}`,
      );
      await syncPath(folder);
    });
    if (this.#failure) {
      throw new Error(
        `Cannot write to the spool "${folder}": ${
          (this.#failure as Error).message
        }`,
        { cause: this.#failure },
      );
    }
    this.close();
    return name;
  }

  /** The answer as it came, whatever the disk took of it. */
  async held(prove: Proof): Promise<HeldAnswer> {
    const pieces = this.#pieces;
    const abandon = () => this.abandon();
    const { note } = this.of;
    const heldAs = (note: SpoolNote) =>
      new HeldAnswer(note, { pieces, abandon });
    return heldAs(
      await judgedNote(note, (note) => heldAs(note).open(), prove),
    );
  }

  /** Nothing came, or nothing of it is needed here. */
  async abandon(): Promise<void> {
    const { folder, name, file } = this.of;
    if (!file) return;
    for (
      const path of [`${folder}/${name}${UNFINISHED}`, `${folder}/${name}`]
    ) {
      // A disk that lets nothing be removed either: the next run looks at it.
      await Deno.remove(path).catch(() => {});
    }
    this.close();
  }

  /** Leaves the file as it is: the next run makes of it what it can. */
  close(): void {
    this.#pieces = [];
    this.of.file?.close();
  }

  /** After a failure the file stays as it is. */
  async #try(work: (file: Deno.FsFile) => Promise<void>): Promise<void> {
    const { file } = this.of;
    if (this.#failure || !file) return;
    try {
      await work(file);
    } catch (error) {
      this.#failure = error;
    }
  }
}

/** What was cut by a crash may have been written whole: its own end tells. */
async function judgedNote(
  note: SpoolNote,
  open: (note: SpoolNote) => AsyncIterable<Uint8Array>,
  prove: Proof,
): Promise<SpoolNote> {
  if (note.refused !== CUT) return note;
  const whole = { ...note, refused: undefined };
  return { ...whole, refused: await prove(open(whole)) };
}
