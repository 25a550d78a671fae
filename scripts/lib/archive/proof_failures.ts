/** Objects that cannot be relied on: each by itself, or because the store is away. */
import type { ProofError } from "./read_back.ts";

/** One object may be out of reach by itself; two in a row say that the store is. */
const UNREAD_MAX = 2;

/** The failures of one going through the objects, in their order. */
export class ProofFailures {
  readonly errors: ProofError[] = [];
  #unread = 0;

  add(error: ProofError): void {
    this.errors.push(error);
    this.#unread = error.found.is_damage ? 0 : this.#unread + 1;
  }

  /** An object was read, or another going through begins. */
  passed(): void {
    this.#unread = 0;
  }

  /** Going on would ask in vain for every further object. */
  get is_store_away(): boolean {
    return this.#unread >= UNREAD_MAX;
  }
}
