/** Asks an API as a run does, and keeps all that came of it. */
import { UnreadableError } from "../../../scripts/lib/bytes/unreadable_error.ts";
import { jsonApi } from "../../../scripts/lib/net/json_api.ts";
import type { Limits } from "../../../scripts/lib/net/limits.ts";

/** What an API gave. */
export interface Asked {
  text: string;
  bytes: Uint8Array;
  encoding?: "gzip";
  /** Why it is refused, by its head or by how its body ended. */
  refused?: string;
  /** What the run would have told while it waited. */
  said: string[];
}

/** Short enough for a test, long enough for a machine that is busy. */
export const SHORT: Partial<Limits> = {
  connect_ms: 2_000,
  first_byte_ms: 400,
  idle_ms: 400,
  total_ms: 3_000,
  tries_max: 3,
  budget_ms: 5_000,
  backoff_ms: 20,
};

/** One answer of the API at this address; fails when not a byte of one came. */
export async function asked(
  address: string,
  limits: Partial<Limits> = {},
): Promise<Asked> {
  const said: string[] = [];
  const api = jsonApi(address, { ...SHORT, ...limits });
  const answer = await api.ask((text) => said.push(text));
  const parts: Uint8Array[] = [];
  let { refused } = answer;
  try {
    for await (const piece of answer.body) parts.push(piece.slice());
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    refused = error.reason;
  }
  const bytes = new Uint8Array(
    await new Blob(parts as BlobPart[]).arrayBuffer(),
  );
  const text = new TextDecoder().decode(bytes);
  return { text, bytes, encoding: answer.encoding, refused, said };
}
