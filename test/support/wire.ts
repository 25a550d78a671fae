/** HTTP/1.1 on a connection, as bytes: where a head and a body end, and nothing else. */

const HEAD_END = [13, 10, 13, 10];

/** A connection from which heads and bodies are read as they were sent. */
export class Wire {
  #kept = new Uint8Array(0);

  constructor(readonly connection: Deno.Conn) {}

  /** Writes all of it. */
  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string"
      ? new TextEncoder().encode(data)
      : data;
    for (let at = 0; at < bytes.length;) {
      at += await this.connection.write(bytes.subarray(at));
    }
  }

  /** The next head, its blank line included; undefined when the other side has ended. */
  async readHead(): Promise<Uint8Array | undefined> {
    while (true) {
      const end = indexOf(this.#kept, HEAD_END);
      if (end >= 0) return this.#take(end + HEAD_END.length);
      if (!await this.#readMore()) return undefined;
    }
  }

  /** A whole body, framed as these headers say. */
  async readBody(headers: Record<string, string>): Promise<Uint8Array> {
    if (
      headers["content-length"] === undefined &&
      headers["transfer-encoding"] === undefined
    ) {
      return new Uint8Array(0);
    }
    const parts = await Array.fromAsync(this.bodyParts(headers));
    const body = new Uint8Array(
      parts.reduce((sum, { length }) => sum + length, 0),
    );
    let at = 0;
    for (const part of parts) {
      body.set(part, at);
      at += part.length;
    }
    return body;
  }

  /** A body as it comes, framing included; without a length it ends with the connection. */
  async *bodyParts(
    headers: Record<string, string>,
  ): AsyncGenerator<Uint8Array> {
    if (/chunked/i.test(headers["transfer-encoding"] ?? "")) {
      return yield* this.#chunks();
    }
    let left = Number(headers["content-length"] ?? Infinity);
    while (left > 0) {
      if (!this.#kept.length && !await this.#readMore()) return;
      const part = this.#take(Math.min(left, this.#kept.length));
      left -= part.length;
      yield part;
    }
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    while (true) {
      let end: number;
      while ((end = indexOf(this.#kept, HEAD_END.slice(0, 2))) < 0) {
        if (!await this.#readMore()) return;
      }
      const size = parseInt(
        new TextDecoder().decode(this.#kept.slice(0, end)),
        16,
      );
      // The line of the size, the bytes, and the line end after them.
      let left = end + 2 + size + 2;
      while (left > 0) {
        if (!this.#kept.length && !await this.#readMore()) return;
        const part = this.#take(Math.min(left, this.#kept.length));
        left -= part.length;
        yield part;
      }
      if (size === 0) return;
    }
  }

  #take(count: number): Uint8Array<ArrayBuffer> {
    const part = this.#kept.slice(0, count);
    this.#kept = this.#kept.slice(count);
    return part;
  }

  async #readMore(): Promise<boolean> {
    const chunk = new Uint8Array(256 * 1024);
    const size = await this.connection.read(chunk).catch(() => null);
    if (size === null) return false;
    const kept = new Uint8Array(this.#kept.length + size);
    kept.set(this.#kept);
    kept.set(chunk.subarray(0, size), this.#kept.length);
    this.#kept = kept;
    return true;
  }
}

function indexOf(bytes: Uint8Array, wanted: number[]): number {
  let at = -1;
  while ((at = bytes.indexOf(wanted[0], at + 1)) >= 0) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
