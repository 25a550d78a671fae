/** Names of batches: the instant of landing, the start of the digest, and what a job calls it. */

const NAME =
  /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{3})Z_([0-9a-f]{12})(?:_([A-Za-z0-9][A-Za-z0-9.-]*))?$/;

/**
 * The name of a batch, such as `20210403T061200.123Z_3f2a91bc4d5e`. Where a job
 * has a name of its own for it, a day perhaps, that stands at the end: names
 * still sort by arrival, and SQL reads it from there.
 */
export function batchName(
  at_ms: number,
  sha256: string,
  label?: string,
): string {
  const name = `${instantName(at_ms)}_${sha256.slice(0, 12)}`;
  if (label === undefined) return name;
  if (NAME.test(`${name}_${label}`)) return `${name}_${label}`;
  throw new TypeError(
    `Cannot name a batch "${label}": expected letters, digits, "." and "-"`,
  );
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

/** Whether a name says that its bytes have this digest. */
export function hasDigest(name: string, sha256: string): boolean {
  return name.match(NAME)?.[8] === sha256.slice(0, 12);
}

/** What the job calls the batch, if it has a name of its own for it. */
export function batchLabel(name: string): string | undefined {
  return name.match(NAME)?.[9];
}
