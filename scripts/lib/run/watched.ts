/** Streams as they are, told to a progress bar as they pass. */
import type { Lines } from "../bytes/lines.ts";
import type { Progress } from "./context.ts";

/** Counts bytes. */
export async function* watchedBytes(
  source: AsyncIterable<Uint8Array>,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    progress.add(chunk.length);
    yield chunk;
  }
}

/** Counts lines. */
export async function* watchedLines(
  source: AsyncIterable<Lines>,
  progress: Progress,
): AsyncGenerator<Lines> {
  for await (const lines of source) {
    progress.add(0, lines.count);
    yield lines;
  }
}
