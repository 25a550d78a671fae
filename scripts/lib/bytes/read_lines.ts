import { isWhite } from "./blocks.ts";
import { gunzip, isGzip } from "./gzip.ts";
import { splitJsonArray } from "./json_array.ts";
import { type Lines, splitLines } from "./lines.ts";
import { UnreadableError } from "./unreadable_error.ts";

const OPEN_BRACKET = 91;
// White space before the first character beyond this is taken for lines.
const HEAD_BYTES_MAX = 64 * 1024;

/**
 * Reads a file of JSON Lines or of one JSON array, gzip around it or not, as
 * lines; which of them it is the bytes say, never a file name.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Lines> {
  const chunks = unpack(source);
  try {
    const head = await takeHead(chunks, (bytes) => {
      return bytes.length >= 3 && firstCharacter(bytes) !== undefined;
    });
    refuseUtf16(head);
    const text = join(head.subarray(markLength(head)), chunks);
    const isArray = firstCharacter(head) === OPEN_BRACKET;
    yield* isArray ? splitJsonArray(text) : splitLines(text);
  } finally {
    await chunks.return(undefined);
  }
}

async function* unpack(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    const head = await takeHead(chunks, (bytes) => bytes.length >= 2);
    const bytes = join(head, chunks);
    yield* isGzip(head) ? gunzip(bytes) : bytes;
  } finally {
    await chunks.return?.();
  }
}

async function takeHead(
  chunks: AsyncIterator<Uint8Array>,
  isEnough: (head: Uint8Array) => boolean,
): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (!isEnough(head) && head.length < HEAD_BYTES_MAX) {
    const { done, value } = await chunks.next();
    if (done) break;
    const longer = new Uint8Array(head.length + value.length);
    longer.set(head);
    longer.set(value, head.length);
    head = longer;
  }
  return head;
}

async function* join(
  head: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield head;
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) return;
    yield value;
  }
}

function firstCharacter(head: Uint8Array): number | undefined {
  return head.subarray(markLength(head)).find((byte) => !isWhite(byte));
}

// The byte order mark that some editors put before UTF-8.
function markLength(head: Uint8Array): number {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
}

function refuseUtf16(head: Uint8Array): void {
  const mark = head[0] << 8 | head[1];
  if (mark !== 0xfeff && mark !== 0xfffe) return;
  throw new UnreadableError("expected UTF-8, found UTF-16", {
    position: { line: 1, column: 1 },
  });
}
