/** Rows as ZetaSQL takes and gives them, and as tests compare them. */
import type { Row } from "../../scripts/lib/warehouse/warehouse.ts";
import {
  bytesOf,
  type Field,
  message,
  type Read,
  readMessage,
} from "./protobuf.ts";
import type { Table } from "./zetasql.ts";

/** The kinds of types, and the fields that hold their values, by number. */
const ARRAY = 16;
const VALUE_FIELDS: Record<number, number> = {
  2: 2, // int64
  5: 5, // bool
  7: 7, // double
  8: 8, // string
  10: 10, // date: days since 1970
  19: 16, // timestamp: seconds and nanoseconds since 1970
};
const DAY_MS = 86_400_000;
const decoder = new TextDecoder();

/** A row of texts, numbers and nulls, in the order of the table's columns. */
export function rowMessage(
  values: (string | number | null)[],
): Uint8Array<ArrayBuffer> {
  return message(values.map((value): Field => [
    1,
    value === null ? [] : [[typeof value === "string" ? 8 : 2, value]],
  ]));
}

/** The rows of a table by the names of its columns. */
export function rowsOf({ columns, rows }: Table): Row[] {
  const heads = columns.map((column) => {
    const fields = readMessage(column);
    const name = decoder.decode(bytesOf(fields, 1));
    return { name, type: readMessage(bytesOf(fields, 2)!) };
  });
  return rows.map((row) => {
    const values = readMessage(row).get(1) as Uint8Array[];
    return Object.fromEntries(
      heads.map(({ name, type }, i) => [name, valueOf(values[i], type)]),
    );
  });
}

function valueOf(bytes: Uint8Array, type: Map<number, Read[]>): unknown {
  const kind = Number(type.get(1)?.[0]);
  const fields = readMessage(bytes as Uint8Array<ArrayBuffer>);
  if (kind === ARRAY) {
    const list = bytesOf(fields, 13);
    const inner = readMessage(bytesOf(readMessage(bytesOf(type, 2)!), 1)!);
    return list &&
      (readMessage(list).get(1) ?? []).map((one) =>
        valueOf(one as Uint8Array, inner)
      );
  }
  const value = fields.get(VALUE_FIELDS[kind])?.at(-1);
  if (value === undefined) return null;
  if (typeof value === "bigint") {
    const number = BigInt.asIntN(64, value);
    if (kind === 10) return isoTime(Number(number) * DAY_MS).slice(0, 10);
    return kind === 5 ? number > 0n : number;
  }
  if (kind === 8) return decoder.decode(value);
  if (kind === 7) return new Float64Array(value.buffer)[0];
  const parts = readMessage(value);
  const part = (number: number) =>
    Number(BigInt.asIntN(64, parts.get(number)?.[0] as bigint ?? 0n));
  return isoTime(part(1) * 1000 + part(2) / 1e6);
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
