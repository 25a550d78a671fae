/** Joins rows to objects of the archive: lines, packed and named by their content. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { constants, createGzip } from "node:zlib";
import type { Row } from "../warehouse/warehouse.ts";

/** An object closes at this much plain text, so that its name is known before the put. */
export const OBJECT_BYTES = 16 * 1024 * 1024;

/** Lines are hashed and packed in pieces of about this many characters. */
const PIECE_LENGTH = 64 * 1024;

/** One object: some consecutive lines of one folder. */
export interface PackedObject {
  /** Folder, digest of the plain lines, and what kind of file it is. */
  key: string;
  /** Place of its first line among all lines of this archive, counted from 1. */
  first_line: number;
  line_count: number;
  plain_bytes: number;
  plain_sha256: string;
  packed: Uint8Array[];
}

/** Cuts rows of `object` and `body`, as they come, into packed objects. */
export async function* packObjects(
  rows: AsyncIterable<Row>,
  { path, object_bytes = OBJECT_BYTES }: {
    /** The SQL file that the rows come from, for errors. */
    path: string;
    object_bytes?: number;
  },
): AsyncGenerator<PackedObject> {
  let packer: Packer | undefined;
  let line = 0;
  for await (const row of rows) {
    const { object: folder, body } = checked(row, { path, line: ++line });
    const is_full = packer && packer.plain_bytes >= object_bytes;
    if (packer && (is_full || packer.folder !== folder)) {
      yield await packer.close();
      packer = undefined;
    }
    packer ??= new Packer(folder, line);
    // Awaiting what is done at once would cost a turn for each line.
    const written = packer.add(body);
    if (written) await written;
  }
  if (packer) yield await packer.close();
}

/** The two values of a row, each fit to become a folder and a line. */
function checked(
  { object: folder, body }: Row,
  { path, line }: { path: string; line: number },
): { object: string; body: string } {
  if (typeof folder !== "string" || typeof body !== "string") {
    throw new TypeError(
      `Cannot archive row ${line} of ${path}: expected two texts, "object" and "body", found ${
        kindOf(folder)
      } and ${kindOf(body)}`,
    );
  }
  if (body.includes("\n") || body.endsWith("\r") || !body.trim()) {
    throw new TypeError(
      `Cannot archive row ${line} of ${path}: expected a body of one line, found ${
        body.trim() ? "a line end in it" : "a blank one"
      }`,
    );
  }
  return { object: folder, body };
}

function kindOf(value: unknown): string {
  return value === null || value === undefined ? "none" : `a ${typeof value}`;
}

/** Hashes and packs the lines of one object in the same pass. */
class Packer {
  plain_bytes = 0;
  #line_count = 0;
  #piece = "";
  readonly #hash = createHash("sha256");
  readonly #gzip = createGzip({ level: constants.Z_BEST_SPEED });
  readonly #packed: Uint8Array[] = [];
  readonly #ended: Promise<unknown>;

  constructor(readonly folder: string, readonly first_line: number) {
    this.#gzip.on("data", (bytes: Uint8Array) => this.#packed.push(bytes));
    this.#ended = once(this.#gzip, "end");
  }

  add(body: string): Promise<unknown> | undefined {
    this.#line_count++;
    this.#piece += body + "\n";
    return this.#piece.length < PIECE_LENGTH ? undefined : this.#flush();
  }

  async close(): Promise<PackedObject> {
    await this.#flush();
    this.#gzip.end();
    await this.#ended;
    const plain_sha256 = this.#hash.digest("hex");
    return {
      key: `${this.folder}/${plain_sha256.slice(0, 32)}.jsonl.gz`,
      first_line: this.first_line,
      line_count: this.#line_count,
      plain_bytes: this.plain_bytes,
      plain_sha256,
      packed: this.#packed,
    };
  }

  #flush(): Promise<unknown> | undefined {
    const bytes = new TextEncoder().encode(this.#piece);
    this.#piece = "";
    this.plain_bytes += bytes.length;
    this.#hash.update(bytes);
    return this.#gzip.write(bytes) ? undefined : once(this.#gzip, "drain");
  }
}
