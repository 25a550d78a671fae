/** Reads an object of the archive again, and proves that it is what it has to be. */
import { Digest } from "../bytes/digest.ts";
import { gunzip } from "../bytes/gzip.ts";
import { type Lines, splitLines } from "../bytes/lines.ts";
import { UnreadableError } from "../bytes/unreadable_error.ts";
import {
  ChangedObjectError,
  type ObjectHead,
  type Store,
} from "../store/store.ts";

/** What an object has to hold. */
export interface ExpectedObject {
  key: string;
  /** The number that its first line gets. */
  first_line: number;
  line_count: number;
  plain_sha256: string;
  /** No more than this is taken in: a few packed bytes can be endless lines. */
  plain_bytes: number;
  /** Known once the object was read back before. */
  stored_sha256?: string;
}

/** What was read. */
export interface FoundObject {
  line_count: number;
  plain_bytes: number;
  stored_bytes: number;
  stored_sha256: string;
  version_id: string | undefined;
}

/** An object is not what it has to be: nothing may rely on it. */
export class ProofError extends Error {
  override name = "ProofError";

  constructor(
    { key }: ExpectedObject,
    what: string,
    /** Damage is this object's own; else the whole store may be out of reach. */
    readonly found: { is_damage: boolean; cause?: unknown },
  ) {
    super(`Cannot rely on "${key}": ${what}`, { cause: found.cause });
  }
}

/** The error of an object that cannot be reached, for whatever reason. */
export function unreachable(
  expected: ExpectedObject,
  { label }: Store,
  cause: unknown,
): ProofError {
  const { message } = cause as Error;
  const what = `expected to read it from ${label}, found: ${message}`;
  return new ProofError(expected, what, { is_damage: false, cause });
}

/** One reading of an object; whoever takes all lines knows that they are right. */
export class ReadBack {
  #found: FoundObject | undefined;

  constructor(readonly store: Store, readonly expected: ExpectedObject) {}

  /** What was found; known once all lines were taken. */
  get found(): FoundObject {
    if (this.#found) return this.#found;
    throw new Error(
      `Cannot tell of "${this.expected.key}": not read to its end`,
    );
  }

  /** The lines, numbered from `first_line`; the stream fails if anything differs. */
  async *lines(): AsyncGenerator<Lines> {
    const { key, first_line } = this.expected;
    const stored = new Digest();
    const plain = new Digest();
    let line_count = 0;
    let head: ObjectHead | undefined;
    try {
      head = await this.store.head(key);
      if (!head) throw this.#differs("no object of this name");
      const packed = stored.of(this.store.get(key));
      const unpacked = plain.of(this.#bounded(gunzip(packed)));
      for await (const lines of splitLines(unpacked)) {
        line_count += lines.count;
        yield { ...lines, first: lines.first + first_line - 1 };
      }
    } catch (error) {
      throw this.#explained(error);
    }
    this.#found = {
      line_count,
      plain_bytes: plain.byte_count,
      stored_bytes: stored.byte_count,
      stored_sha256: stored.sha256,
      version_id: head.version_id,
    };
    this.#compare(plain.sha256);
  }

  async *#bounded(
    source: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    const { plain_bytes } = this.expected;
    let count = 0;
    for await (const chunk of source) {
      count += chunk.length;
      if (count > plain_bytes) {
        throw this.#differs(
          `more than their ${plain_bytes.toLocaleString("en")} bytes`,
        );
      }
      yield chunk;
    }
  }

  #compare(plain_sha256: string): void {
    const { expected, found } = this;
    if (plain_sha256 !== expected.plain_sha256) {
      throw this.#differs(
        `${count(found.line_count)} with sha256 ${plain_sha256}`,
      );
    }
    if (found.line_count !== expected.line_count) {
      throw this.#differs(count(found.line_count));
    }
    if (
      (expected.stored_sha256 ?? found.stored_sha256) !== found.stored_sha256
    ) {
      throw this.#differs(
        `the same lines packed otherwise: sha256 ${found.stored_sha256}, expected ${expected.stored_sha256}`,
      );
    }
  }

  #differs(what: string, cause?: unknown): ProofError {
    const { line_count, plain_sha256 } = this.expected;
    return new ProofError(
      this.expected,
      `expected ${
        count(line_count)
      } with sha256 ${plain_sha256} in ${this.store.label}, found ${what}`,
      { is_damage: true, cause },
    );
  }

  #explained(error: unknown): ProofError {
    if (error instanceof ProofError) return error;
    const { message } = error as Error;
    if (error instanceof UnreadableError) {
      return this.#differs(`bytes that differ: ${error.reason}`, error);
    }
    if (
      error instanceof ChangedObjectError ||
      error instanceof Deno.errors.NotFound
    ) return this.#differs(`something else: ${message}`, error);
    return unreachable(this.expected, this.store, error);
  }
}

function count(lines: number): string {
  return `${lines.toLocaleString("en")} line${lines === 1 ? "" : "s"}`;
}
