/** Reads objects of the archive back, one ahead of the one that is worked on. */
import {
  type ExpectedObject,
  type FoundObject,
  ReadBack,
} from "../archive/read_back.ts";
import type { Lines } from "../bytes/lines.ts";
import type { Store } from "../store/store.ts";
import type { Report } from "./context.ts";
import { step } from "./step.ts";
import { watchedLines } from "./watched.ts";

/** An object whose lines are what they have to be. */
export interface ProvenObject {
  expected: ExpectedObject;
  found: FoundObject;
  /** All of them: an object is closed before it is too large for that. */
  lines: Lines[];
}

/** The objects in order, each proven, or with the reason why it cannot be relied on. */
export async function* proveObjects(
  objects: ExpectedObject[],
  place: { store: Store; report: Report },
): AsyncGenerator<{ proven?: ProvenObject; error?: unknown }> {
  const read = (object: ExpectedObject | undefined) =>
    object && prove(object, place)
      .then((proven) => ({ proven }), (error: unknown) => ({ error }));
  let next = read(objects[0]);
  try {
    for (let number = 1; next; number++) {
      const current = next;
      next = undefined;
      const result = await current;
      // The database works on this one while the next is read.
      next = read(objects[number]);
      yield result;
    }
  } finally {
    await next;
  }
}

async function prove(
  expected: ExpectedObject,
  { store, report }: { store: Store; report: Report },
): Promise<ProvenObject> {
  const read = new ReadBack(store, expected);
  const progress = report.progress(`reading ${expected.key} back`);
  try {
    const lines = await step(
      "read back",
      () => Array.fromAsync(watchedLines(read.lines(), progress)),
    );
    return { expected, found: read.found, lines };
  } finally {
    progress.end();
  }
}
