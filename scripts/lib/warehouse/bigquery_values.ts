/** Values on their way to BigQuery and back. */
import { tokenize } from "./sql_tokens.ts";
import type { Row, Value } from "./warehouse.ts";

/** A column as the service describes it. */
export interface Field {
  name: string;
  type: string;
  mode?: string;
  fields?: Field[];
}

/** A row as the service sends it. */
export interface WireRow {
  f: { v: unknown }[];
}

/** A statement whose `$1` have become what BigQuery understands. */
export interface Bound {
  text: string;
  parameters: unknown[];
  /** Where a place of the bound text was in the one that was given. */
  original(offset: number): number;
}

/** Puts a `?` for each `$1`, and `null` where a value is none: that has no type. */
export function bindValues(statement: string, values: Value[]): Bound {
  const parameters: unknown[] = [];
  const shifts: { from: number; by: number }[] = [];
  const tokens = tokenize(statement);
  let text = "";
  for (let i = 0; i < tokens.length; i++) {
    const number = tokens[i + 1];
    const is_place = tokens[i].text === "$" && /^\d+$/.test(number?.text ?? "");
    if (!is_place) {
      text += tokens[i].text;
      continue;
    }
    const value = values[Number(number.text) - 1];
    text += value === null ? "null" : "?";
    if (value !== null) parameters.push(parameterOf(value));
    shifts.push({ from: text.length, by: number.end - text.length });
    i++;
  }
  return {
    text,
    parameters,
    original: (offset) =>
      offset + (shifts.findLast(({ from }) => from <= offset)?.by ?? 0),
  };
}

function parameterOf(value: string | number | bigint | boolean) {
  const type = typeof value === "boolean"
    ? "BOOL"
    : typeof value === "string"
    ? "STRING"
    : Number.isInteger(Number(value))
    ? "INT64"
    : "FLOAT64";
  return {
    parameterType: { type },
    parameterValue: { value: String(value) },
  };
}

/** Rows by column name; instants and days as ISO text, whole numbers exact. */
export function readRows(fields: Field[], rows: WireRow[]): Row[] {
  return rows.map(({ f }) =>
    Object.fromEntries(
      fields.map((field, i) => [field.name, readCell(field, f[i].v)]),
    )
  );
}

function readCell(field: Field, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (field.mode === "REPEATED") {
    const element = { ...field, mode: "NULLABLE" };
    return (value as { v: unknown }[]).map(({ v }) => readCell(element, v));
  }
  if (field.fields) return readRows(field.fields, [value as WireRow])[0];
  const text = String(value);
  return READERS[field.type]?.(text) ?? text;
}

const READERS: Record<string, (text: string) => unknown> = {
  INTEGER: readInteger,
  INT64: readInteger,
  FLOAT: Number,
  FLOAT64: Number,
  BOOLEAN: (text) => text === "true",
  BOOL: (text) => text === "true",
  TIMESTAMP: readInstant,
  JSON: (text) => JSON.parse(text),
};

function readInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** Microseconds since 1970 as `2017-03-01T10:00:00.500Z`. */
function readInstant(text: string): string {
  const micros = BigInt(text);
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  const instant = new Date(Number((micros - rest) / 1000n)).toISOString();
  return rest
    ? instant.replace("Z", `${String(rest).padStart(3, "0")}Z`)
    : instant;
}
