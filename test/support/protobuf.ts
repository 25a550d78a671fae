/** Protocol buffers, as much of them as a test needs to talk to a server. */

/** A field to be written: a number, a text, bytes, or fields of its own. */
export type Value =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | Field[];
/** A field by its number; one that is undefined is left out. */
export type Field = [number: number, value: Value | undefined];

const encoder = new TextEncoder();

/** The bytes of a message; a field that is undefined is left out. */
export function message(fields: Field[]): Uint8Array<ArrayBuffer> {
  const parts = fields.flatMap(([number, value]) => {
    if (value === undefined) return [];
    if (
      typeof value === "string" || Array.isArray(value) ||
      value instanceof Uint8Array
    ) {
      const bytes = typeof value === "string"
        ? encoder.encode(value)
        : Array.isArray(value)
        ? message(value)
        : value;
      return [varint(number << 3 | 2), varint(bytes.length), bytes];
    }
    return [varint(number << 3), varint(value)];
  });
  return joined(parts);
}

/** The bytes of parts, one after the other. */
export function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function varint(value: number | bigint | boolean): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const more = rest > 0x7fn ? 0x80 : 0;
    bytes.push(Number(rest & 0x7fn) | more);
    rest >>= 7n;
  } while (rest);
  return Uint8Array.from(bytes);
}

/** A field as it was read: bytes, or a number of up to 64 bits. */
export type Read = Uint8Array<ArrayBuffer> | bigint;

/** The fields of a message by their numbers, each in its order. */
export function readMessage(bytes: Uint8Array): Map<number, Read[]> {
  const fields = new Map<number, Read[]>();
  let at = 0;
  const number = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const slice = (length: number) => bytes.slice(at, at += length);
  while (at < bytes.length) {
    const tag = Number(number());
    const kind = tag & 7;
    const value = kind === 0
      ? number()
      : slice(kind === 1 ? 8 : kind === 5 ? 4 : Number(number()));
    fields.set(tag >> 3, [...fields.get(tag >> 3) ?? [], value]);
  }
  return fields;
}

/** The last value of a field that holds bytes. */
export function bytesOf(
  fields: Map<number, Read[]>,
  number: number,
): Uint8Array<ArrayBuffer> | undefined {
  const value = fields.get(number)?.at(-1);
  return value instanceof Uint8Array ? value : undefined;
}
