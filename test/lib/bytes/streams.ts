import type { Lines } from "../../../scripts/lib/bytes/lines.ts";

/** One line as a test looks at it: its number, and its text or why it has none. */
export type Line = [line_number: number, body: string | null | "blank"];

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the bytes of a text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Joins several runs of bytes to one. */
export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A stream of the bytes in chunks of a size, and how its reader left it. */
export class Source implements AsyncIterable<Uint8Array> {
  isClosed = false;
  chunk_count = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly options: { size?: () => number; error?: Error } = {},
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { size = () => 64 * 1024, error } = this.options;
    try {
      for (let at = 0; at < this.bytes.length;) {
        const chunk = this.bytes.slice(at, at + size());
        at += chunk.length;
        this.chunk_count++;
        yield await Promise.resolve(chunk);
      }
      if (error) throw error;
    } finally {
      this.isClosed = true;
    }
  }
}

/** Reads all lines; their numbers must follow each other from 1. */
export async function collect(blocks: AsyncIterable<Lines>): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const { bytes, first, count, starts, ends } of blocks) {
    if (first !== lines.length + 1) {
      throw new Error(`expected line ${lines.length + 1}, found ${first}`);
    }
    if (count === 0 || count !== starts.length || count !== ends.length) {
      throw new Error(`expected ${count} starts and ends`);
    }
    for (let i = 0; i < count; i++) {
      const body = ends[i] === -1
        ? "blank"
        : ends[i] === -2
        ? null
        : DECODER.decode(bytes.subarray(starts[i], ends[i]));
      lines.push([first + i, body]);
    }
    // What a driver does that hands a block to a worker.
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  }
  return lines;
}

/** Numbers the bodies as the lines of one file. */
export function numbered(bodies: Line[1][]): Line[] {
  return bodies.map((body, i) => [i + 1, body]);
}

/** Random numbers that a seed repeats; the seed is printed. */
export class Random {
  #state: number;

  constructor(name: string) {
    const seed = Number(Deno.env.get("SLUICE_SEED") ?? Date.now() % 1e9);
    console.log(`${name}: SLUICE_SEED=${seed}`);
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below the limit. */
  below(limit: number): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % limit;
  }

  /** One of the choices. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  /** So many of whatever is made. */
  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }
}

/** Says the first line that differs; assertEquals takes minutes for that. */
export function assertSameLines(found: Line[], expected: Line[]): void {
  const at = found.findIndex((line, i) => String(line) !== String(expected[i]));
  const i = at >= 0 ? at : found.length;
  if (i === expected.length) return;
  const show = (line?: Line) => JSON.stringify(line)?.slice(0, 200);
  throw new Error(`expected ${show(expected[i])}, found ${show(found[i])}`);
}
