import type { Lines } from "./lines.ts";

const LF = 10;
const CR = 13;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;

/** What a byte may need in a string of JSON: nothing, or a closer look. */
const PLAIN = 0;
const SPECIAL = 1;
const KINDS = new Uint8Array(256);
KINDS.fill(SPECIAL, 1, 32); // a row with NUL is not text and never comes here
KINDS[QUOTE] = KINDS[COMMA] = KINDS[BACKSLASH] = SPECIAL;

/** `\n` and the like; other control characters are `\u00xx`. */
const SHORT_ESCAPES: Record<number, number> = {
  8: 98,
  9: 116,
  10: 110,
  12: 102,
  13: 114,
  [QUOTE]: QUOTE,
  [BACKSLASH]: BACKSLASH,
};
const ESCAPE_BYTES_MAX = 6;

/** Below this a loop copies faster than a call. */
const FEW_BYTES = 32;
/** What is longer is given in several blocks. */
const BLOCK_LINES_MAX = 64 * 1024;
const BLOCK_BYTES_MAX = 16 * 1024 * 1024;

/** How a text is written in the row, and thus where it ends. */
type Writing = "bare" | "quoted" | "whole row";

/** What stands around the values of a row. */
interface Frame {
  first: Uint8Array;
  /** Before each further value; the last one stands for all that follow it. */
  next: Uint8Array[];
  after: Uint8Array;
  /** How many values there must be. */
  count?: number;
  /** Of an object: all that is not a value. */
  length: number;
}

const ARRAY: Frame = {
  first: bytesOf('["'),
  next: [bytesOf('","')],
  after: bytesOf('"]'),
  length: 4,
};

/** `{"title":"`, `","score":"` and so on. */
function objectFrame(names: string[]): Frame {
  const [first = bytesOf(""), ...next] = names.map((name, i) =>
    bytesOf(`${i ? '",' : "{"}${JSON.stringify(name)}:"`)
  );
  const after = bytesOf('"}');
  const all = [first, ...next, after];
  const length = all.reduce((sum, part) => sum + part.length, 0);
  return { first, next, after, count: names.length, length };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Line ends within a row of which nothing else is known. */
function lineEndsIn({ bytes, starts }: Lines, i: number): number {
  const next = starts[i + 1] ?? bytes.length;
  let count = 0;
  let lf = bytes.indexOf(LF, starts[i]);
  for (; lf >= 0 && lf < next - 1; lf = bytes.indexOf(LF, lf + 1)) count++;
  return count;
}

/** Turns the rows of a CSV file into lines of JSON, bytes into bytes. */
export class CsvObjects {
  /** Of the file; that of the next row. */
  #line: number;
  #column_count: number;
  #object: Frame;
  #out = new Uint8Array(0);
  #at = 0;
  /** Line ends within the row that is being written. */
  #inner_lines = 0;

  /** The names of the columns, and the line of the first row after the header. */
  constructor(names: string[], line: number) {
    this.#line = line;
    this.#column_count = names.length;
    this.#object = objectFrame(names);
  }

  /** The rows from `from` on. */
  *convert(rows: Lines, from: number): Generator<Lines> {
    const row_count = rows.count - from;
    // Escapes are rare; where they are not, the buffer grows.
    this.#out = new Uint8Array(
      rows.bytes.length + row_count * this.#object.length + 1024,
    );
    let block = this.#newBlock();
    for (let i = from; i < rows.count; i++) {
      const row = this.#rowOf(rows, i);
      this.#inner_lines = 0;
      block.starts.push(this.#at);
      if (row.end >= 0) this.#write(rows.bytes, row);
      else if (row.end === -2) this.#inner_lines = lineEndsIn(rows, i);
      block.ends.push(row.end < 0 ? row.end : this.#at);
      this.#line++;
      for (let more = this.#inner_lines; more > 0;) {
        const blank = Math.min(more, BLOCK_LINES_MAX - block.ends.length);
        for (let k = 0; k < blank; k++) {
          block.starts.push(0);
          block.ends.push(-1);
        }
        this.#line += blank;
        more -= blank;
        if (more > 0) {
          yield this.#finish(block);
          block = this.#newBlock();
        }
      }
      const is_full = this.#at > BLOCK_BYTES_MAX ||
        block.ends.length >= BLOCK_LINES_MAX;
      if (!is_full || i + 1 === rows.count) continue;
      yield this.#finish(block);
      block = this.#newBlock();
    }
    if (block.ends.length) yield this.#finish(block);
  }

  #newBlock() {
    return { first: this.#line, starts: [] as number[], ends: [] as number[] };
  }

  /** Gives its bytes away; what comes next is written elsewhere. */
  #finish({ first, starts, ends }: Pick<Lines, "first" | "starts" | "ends">) {
    const bytes = this.#out.subarray(0, this.#at);
    this.#out = new Uint8Array(this.#out.length - this.#at);
    this.#at = 0;
    return { bytes, first, count: ends.length, starts, ends };
  }

  /** White space alone is a value where there is but one column. */
  #rowOf({ bytes, starts, ends }: Lines, i: number) {
    const start = starts[i];
    let end = ends[i];
    if (end === -1 && this.#column_count === 1) {
      end = starts[i + 1] ?? bytes.length;
      if (end > start && bytes[end - 1] === LF) end--;
      if (end > start && bytes[end - 1] === CR) end--;
      if (end === start) end = -1;
    }
    return { start, end };
  }

  #write(bytes: Uint8Array, row: { start: number; end: number }): void {
    const length = row.end - row.start;
    const before = this.#at;
    this.#reserve(length + this.#object.length);
    if (this.#writeFields(bytes, row, this.#object)) return;
    // It can be no object. In an array a comma takes three bytes.
    this.#at = before;
    this.#inner_lines = 0;
    this.#reserve(3 * length + ARRAY.length);
    if (this.#writeFields(bytes, row, ARRAY)) return;
    this.#at = before;
    this.#inner_lines = 0;
    this.#out[this.#at++] = QUOTE;
    this.#writeText(bytes, row, "whole row");
    this.#out[this.#at++] = QUOTE;
  }

  /** Whether the row could be written in this frame, to its end. */
  #writeFields(
    bytes: Uint8Array,
    { start, end }: { start: number; end: number },
    { first, next, after, count }: Frame,
  ): boolean {
    for (let i = start, field = 0;; i++, field++) {
      if (field === count) return false;
      this.#copy(field ? next[Math.min(field, next.length) - 1] : first);
      const is_quoted = i < end && bytes[i] === QUOTE;
      i = is_quoted
        ? this.#writeText(bytes, { start: i + 1, end }, "quoted")
        : this.#writeText(bytes, { start: i, end }, "bare");
      if (i < 0) return false;
      if (i < end) continue; // at the comma
      if (count !== undefined && field + 1 < count) return false;
      this.#copy(after);
      return true;
    }
  }

  /** Where it ends: at a comma or the end; -1 when a quote is where none belongs. */
  #writeText(
    bytes: Uint8Array,
    { start, end }: { start: number; end: number },
    writing: Writing,
  ): number {
    let from = start;
    let i = start;
    for (;; i++) {
      while (i < end && KINDS[bytes[i]] === PLAIN) i++;
      if (i === end) break;
      const byte = bytes[i];
      if (byte === COMMA) {
        if (writing === "bare") break;
        continue;
      }
      if (byte === QUOTE && writing === "bare") return -1;
      if (byte === QUOTE && writing === "quoted") {
        if (i + 1 === end || bytes[i + 1] !== QUOTE) break;
        this.#copy(bytes, from, i);
        i++;
      } else this.#copy(bytes, from, i);
      if (byte === LF) this.#inner_lines++;
      // For this escape, the rest of the row, and what frames it.
      this.#reserve(ESCAPE_BYTES_MAX + end - i + this.#object.length);
      this.#escape(byte);
      from = i + 1;
    }
    this.#copy(bytes, from, i);
    if (writing !== "quoted") return i;
    i++; // the closing quote
    return i === end || i < end && bytes[i] === COMMA ? i : -1;
  }

  #escape(byte: number): void {
    const out = this.#out;
    out[this.#at++] = BACKSLASH;
    const short = SHORT_ESCAPES[byte];
    if (short !== undefined) {
      out[this.#at++] = short;
      return;
    }
    const hex = byte.toString(16).padStart(4, "0");
    out[this.#at++] = 117;
    for (let k = 0; k < 4; k++) out[this.#at++] = hex.charCodeAt(k);
  }

  #copy(bytes: Uint8Array, from = 0, to = bytes.length): void {
    const out = this.#out;
    let at = this.#at;
    if (to - from > FEW_BYTES) {
      out.set(bytes.subarray(from, to), at);
      at += to - from;
    } else for (let i = from; i < to; i++) out[at++] = bytes[i];
    this.#at = at;
  }

  #reserve(length: number): void {
    const wanted = this.#at + length;
    if (wanted <= this.#out.length) return;
    const longer = new Uint8Array(Math.max(wanted, 2 * this.#out.length));
    longer.set(this.#out.subarray(0, this.#at));
    this.#out = longer;
  }
}
