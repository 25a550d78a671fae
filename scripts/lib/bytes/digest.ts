import { createHash } from "node:crypto";

/** The sha256 and the length of a stream, taken as it passes. */
export class Digest {
  #hash = createHash("sha256");
  #sha256?: string;
  #byteCount = 0;

  /** Passes the chunks of a stream on as they are. */
  async *of(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      // Before it is passed on: its reader may transfer it.
      this.#hash.update(chunk);
      this.#byteCount += chunk.length;
      yield chunk;
    }
    this.#sha256 = this.#hash.digest("hex");
  }

  /** How many bytes have passed so far. */
  get byte_count(): number {
    return this.#byteCount;
  }

  /** The sha256 as 64 hexadecimal digits; known once the stream has ended. */
  get sha256(): string {
    if (this.#sha256 === undefined) {
      throw new Error("Cannot give the sha256: the stream has not ended");
    }
    return this.#sha256;
  }
}
