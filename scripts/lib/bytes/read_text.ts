import { gunzip, isGzip } from "./gzip.ts";
import { UnreadableError } from "./unreadable_error.ts";

const HEAD_BYTES_MAX = 64 * 1024;

/**
 * Unpacks a text, gzip around it or not: its bytes without the byte order mark
 * that some editors put before UTF-8. UTF-16 is refused.
 */
export async function* readText(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const chunks = unpack(source);
  try {
    const head = await takeHead(chunks, (bytes) => bytes.length >= 3);
    refuseUtf16(head);
    yield* joinHead(head.subarray(markLength(head)), chunks);
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
    const bytes = joinHead(head, chunks);
    yield* isGzip(head) ? gunzip(bytes) : bytes;
  } finally {
    await chunks.return?.();
  }
}

/** The first bytes of a stream: until they are enough, 64 KiB, or all. */
export async function takeHead(
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

/** The stream from which the head was taken, as it was before. */
export async function* joinHead(
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
