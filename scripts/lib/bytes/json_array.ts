import { isWhite, type Pieces, splitBlocks, type Splitter } from "./blocks.ts";
import type { Lines } from "./lines.ts";
import {
  excerptAt,
  passBytes,
  type Position,
  UnreadableError,
} from "./unreadable_error.ts";

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

// Numbers, not strings: the state is looked at for every byte.
const BEFORE_ARRAY = 0;
const BEFORE_FIRST = 1; // after the opening bracket
const BEFORE_NEXT = 2; // after a comma
const IN_NESTED = 3;
const IN_STRING = 4;
const IN_ESCAPE = 5;
const IN_SCALAR = 6; // a number, a word, or whatever stands there
const AFTER_ELEMENT = 7;
const AFTER_ARRAY = 8;

/**
 * Splits a stream that is one JSON array into its elements, as they stand
 * between the commas; only the array is read, SQL judges the elements.
 */
export function splitJsonArray(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Lines> {
  return splitBlocks(source, new JsonArraySplitter());
}

class JsonArraySplitter implements Splitter {
  #state = BEFORE_ARRAY;
  #depth = 0; // a count, not a stack: nesting costs no memory
  #seen: Position = { line: 1, column: 1 };

  split(bytes: Uint8Array, from: number, elements: Pieces): number {
    let state = this.#state;
    let depth = this.#depth;
    let start = 0;
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i];
      if (state === IN_STRING) {
        if (byte === BACKSLASH) state = IN_ESCAPE;
        else if (byte === QUOTE) {
          state = depth > 0 ? IN_NESTED : AFTER_ELEMENT;
          if (depth === 0) add(elements, start, i + 1);
        }
      } else if (state === IN_NESTED) {
        if (byte === QUOTE) state = IN_STRING;
        else if (isOpening(byte)) depth++;
        else if (isClosing(byte) && --depth === 0) {
          state = AFTER_ELEMENT;
          add(elements, start, i + 1);
        }
      } else if (state === IN_ESCAPE) {
        state = IN_STRING;
      } else if (isWhite(byte)) {
        if (state === IN_SCALAR) {
          state = AFTER_ELEMENT;
          add(elements, start, i);
        }
      } else if (state === BEFORE_FIRST || state === BEFORE_NEXT) {
        start = i;
        if (byte === QUOTE) state = IN_STRING;
        else if (isOpening(byte)) {
          state = IN_NESTED;
          depth = 1;
        } else if (byte === CLOSE_BRACKET && state === BEFORE_FIRST) {
          state = AFTER_ARRAY;
        } else if (byte === COMMA || isClosing(byte)) {
          throw this.#error(state, bytes, { from, at: i });
        } else state = IN_SCALAR;
      } else if (state === IN_SCALAR || state === AFTER_ELEMENT) {
        const isEnd = byte === COMMA || byte === CLOSE_BRACKET;
        if (isEnd) {
          if (state === IN_SCALAR) add(elements, start, i);
          state = byte === COMMA ? BEFORE_NEXT : AFTER_ARRAY;
        } else if (
          state === AFTER_ELEMENT || byte === QUOTE || isOpening(byte) ||
          isClosing(byte)
        ) {
          throw this.#error(state, bytes, { from, at: i });
        }
      } else if (state === BEFORE_ARRAY && byte === OPEN_BRACKET) {
        state = BEFORE_FIRST;
      } else throw this.#error(state, bytes, { from, at: i });
    }
    this.#state = state;
    this.#depth = depth;
    this.#seen = passBytes(this.#seen, bytes.subarray(from));
    return isInElement(state) ? start : bytes.length;
  }

  end(bytes: Uint8Array): void {
    if (this.#state === AFTER_ARRAY) return;
    const at = bytes.length;
    throw this.#error(this.#state, bytes, { from: at, at });
  }

  #error(
    state: number,
    bytes: Uint8Array,
    { from, at }: { from: number; at: number },
  ): UnreadableError {
    const found = at === bytes.length
      ? "the end of the data"
      : showCharacter(bytes.subarray(at, at + 4));
    return new UnreadableError(`expected ${EXPECTED[state]}, found ${found}`, {
      position: passBytes(this.#seen, bytes.subarray(from, at)),
      excerpt: excerptAt(bytes, at),
    });
  }
}

const EXPECTED: Record<number, string> = {
  [BEFORE_ARRAY]: 'a JSON array, which starts with "["',
  [BEFORE_FIRST]: 'an element or "]"',
  [BEFORE_NEXT]: "an element after the comma",
  [IN_NESTED]: "the rest of the element",
  [IN_STRING]: "the rest of a string",
  [IN_ESCAPE]: "the rest of a string",
  [IN_SCALAR]: '"," or "]"',
  [AFTER_ELEMENT]: '"," or "]"',
  [AFTER_ARRAY]: "the end of the data after the array",
};

function add(elements: Pieces, start: number, end: number): void {
  elements.starts.push(start);
  elements.ends.push(end);
}

function isOpening(byte: number): boolean {
  return byte === OPEN_BRACE || byte === OPEN_BRACKET;
}

function isClosing(byte: number): boolean {
  return byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
}

function isInElement(state: number): boolean {
  return state >= IN_NESTED && state <= IN_SCALAR;
}

function showCharacter(bytes: Uint8Array): string {
  const [character] = new TextDecoder().decode(bytes);
  return JSON.stringify(character);
}
