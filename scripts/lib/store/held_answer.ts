/** An answer that no disk could take: it is in memory until the store has it. */
import { type SpoolNote, unpacked } from "./spool_file.ts";

/** An answer on its way into the store, in a file of the spool or in memory. */
export interface WaitingAnswer {
  readonly note: SpoolNote;
  readonly bytes: number;
  /** The answer's bytes; packed ones unpacked, unless they are refused. */
  open(): AsyncGenerator<Uint8Array>;
  /** The store has it: it waits no more. */
  remove(): Promise<void>;
  close(): void;
}

/** Such an answer; no larger than a fetch may be. */
export class HeldAnswer implements WaitingAnswer {
  readonly bytes: number;

  constructor(
    readonly note: SpoolNote,
    readonly of: { pieces: Uint8Array[]; abandon: () => Promise<void> },
  ) {
    this.bytes = of.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  open(): AsyncGenerator<Uint8Array> {
    return unpacked(inOrder(this.of.pieces), this.note);
  }

  /** What the disk took of it is not needed. */
  async remove(): Promise<void> {
    await this.of.abandon();
  }

  close(): void {}
}

async function* inOrder(pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}
