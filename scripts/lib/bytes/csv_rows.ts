import { type Pieces, splitBlocks, type Splitter } from "./blocks.ts";
import type { Lines } from "./lines.ts";
import { excerptAt, passBytes, UnreadableError } from "./unreadable_error.ts";

/** The longest row, as it stands in the file. */
export const ROW_BYTES_MAX = 16 * 1024 * 1024;

const LF = 10;
const CR = 13;
const QUOTE = 34;
const COMMA = 44;

// Numbers, not strings: the state is looked at for every quote.
const OUTSIDE = 0; // of quotes
const IN_QUOTES = 1;
const AFTER_QUOTE = 2; // it closes its field, or is the first half of two
const AFTER_CR = 3; // which follows a closing quote
const IN_BROKEN = 4; // a quote where none belongs: the row goes to its line end

/**
 * Splits CSV into its rows, as they stand in the file: a line end in quotes does
 * not end a row. What is in a row is looked at later.
 */
export function splitCsvRows(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Lines> {
  return splitBlocks(source, new RowSplitter());
}

class RowSplitter implements Splitter {
  #state = OUTSIDE;
  /** Where the last quote was opened, counted from the start of its row. */
  #opened = 0;
  /** The line at which the block starts, which is where a row does. */
  #line = 1;

  split(bytes: Uint8Array, from: number, rows: Pieces): number {
    const length = bytes.length;
    let state = this.#state;
    let start = 0;
    let quote = -1;
    let lf = -1;
    for (let i = from; i < length;) {
      if (state === IN_QUOTES) {
        quote = find(bytes, QUOTE, i);
        i = quote + 1;
        if (quote < length) state = AFTER_QUOTE;
      } else if (state === AFTER_QUOTE) {
        const byte = bytes[i];
        if (byte === QUOTE) {
          state = IN_QUOTES;
          i++;
        } else if (byte === CR) {
          state = AFTER_CR;
          i++;
        } else state = byte === COMMA || byte === LF ? OUTSIDE : IN_BROKEN;
      } else if (state === AFTER_CR) {
        state = bytes[i] === LF ? OUTSIDE : IN_BROKEN;
      } else {
        if (lf < i) lf = find(bytes, LF, i);
        if (quote < i) quote = find(bytes, QUOTE, i);
        if (state === OUTSIDE && quote < lf) {
          const is_opening = quote === start || bytes[quote - 1] === COMMA;
          state = is_opening ? IN_QUOTES : IN_BROKEN;
          this.#opened = quote - start;
          i = quote + 1;
        } else if (lf === length) break;
        else {
          this.#add(rows, bytes, { start, end: lf });
          start = i = lf + 1;
          state = OUTSIDE;
        }
      }
    }
    this.#state = state;
    // A CR may be the first half of its line end.
    if (length - start > ROW_BYTES_MAX + 1) throw this.#tooLong(bytes, start);
    this.#line = passBytes(
      { line: this.#line, column: 1 },
      bytes.subarray(0, start),
    ).line;
    return start;
  }

  end(bytes: Uint8Array, start: number, rows: Pieces): void {
    // `split` has passed all rows before this one.
    if (this.#state === IN_QUOTES) {
      const at = start + this.#opened;
      throw new UnreadableError(
        "expected the quote that closes a field, found the end of the data",
        {
          position: passBytes(
            { line: this.#line, column: 1 },
            bytes.subarray(start, at),
          ),
          excerpt: excerptAt(bytes, at),
        },
      );
    }
    if (start === bytes.length) return;
    this.#add(rows, bytes, { start, end: bytes.length });
  }

  #add(
    rows: Pieces,
    bytes: Uint8Array,
    { start, end }: { start: number; end: number },
  ): void {
    const has_cr = end > start && bytes[end - 1] === CR;
    const text_end = has_cr ? end - 1 : end;
    if (text_end - start > ROW_BYTES_MAX) throw this.#tooLong(bytes, start);
    rows.starts.push(start);
    rows.ends.push(text_end);
  }

  /** The place is that of the field in which the row becomes too long. */
  #tooLong(bytes: Uint8Array, start: number): UnreadableError {
    const at = fieldAt(bytes, start, start + ROW_BYTES_MAX);
    return new UnreadableError(
      `expected a row of at most ${ROW_BYTES_MAX} bytes, found a longer one`,
      {
        position: passBytes(
          { line: this.#line, column: 1 },
          bytes.subarray(0, at),
        ),
        excerpt: excerptAt(bytes, at),
      },
    );
  }
}

function find(bytes: Uint8Array, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
}

/** Where the field starts that holds the byte at `to`. */
function fieldAt(bytes: Uint8Array, start: number, to: number): number {
  let field = start;
  let is_quoted = false;
  for (let i = start; i < to; i++) {
    if (bytes[i] === QUOTE) is_quoted = !is_quoted;
    else if (bytes[i] === COMMA && !is_quoted) field = i + 1;
  }
  return field;
}
