/** Names of batches: the instant of landing, and the start of the digest. */

const NAME =
  /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{3})Z_([0-9a-f]{12})$/;

/** The name of a batch, such as `20210403T061200.123Z_3f2a91bc4d5e`. */
export function batchName(at_ms: number, sha256: string): string {
  return `${instantName(at_ms)}_${sha256.slice(0, 12)}`;
}

/** The start of all names from an instant on. */
export function instantName(at_ms: number): string {
  return new Date(at_ms).toISOString().replace(/[-:]/g, "");
}

/** The instant in a name, in milliseconds; undefined when it is no such name. */
export function batchInstant(name: string): number | undefined {
  const match = name.match(NAME);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, ms] = match.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}
