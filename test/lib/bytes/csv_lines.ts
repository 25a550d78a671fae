/** CSV as tests look at it: what our reader makes, and a slow reader to hold it against. */
import { splitCsv } from "../../../scripts/lib/bytes/csv.ts";
import type { Lines } from "../../../scripts/lib/bytes/lines.ts";
import { concat, type Line, Source } from "./streams.ts";

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** All lines that a reader makes; their numbers must grow by one. */
export async function collectCsv(
  blocks: AsyncIterable<Lines>,
): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const { bytes, first, count, starts, ends } of blocks) {
    const next = lines.length ? lines.at(-1)![0] + 1 : first;
    if (first !== next) {
      throw new Error(`expected line ${next}, found ${first}`);
    }
    if (count === 0 || count !== starts.length || count !== ends.length) {
      throw new Error(`expected ${count} starts and ends`);
    }
    ends.forEach((end, i) => {
      const body = end === -1
        ? "blank"
        : end === -2
        ? null
        : DECODER.decode(bytes.subarray(starts[i], end));
      lines.push([first + i, body]);
    });
    // What a driver does that hands a block to a worker.
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  }
  return lines;
}

/** The lines of a text or of bytes, cut into chunks of a size. */
export async function csvLines(
  csv: string | Uint8Array,
  { header, size }: { header?: string[]; size?: () => number } = {},
): Promise<Line[]> {
  const bytes = typeof csv === "string"
    ? new TextEncoder().encode(csv)
    : concat(csv);
  return await collectCsv(splitCsv(new Source(bytes, { size }), header));
}

/** A file that must be refused, and the line at which. */
export interface Refused {
  refused_line: number;
}

interface SlowRow {
  line: number;
  bytes: number[];
  fields: number[][];
  is_broken: boolean;
}

/** What must become of these bytes, by the same rules, in the slowest way. */
export function slowCsv(bytes: Uint8Array): Line[] | Refused {
  const rows = slowRows(bytes);
  if ("refused_line" in rows) return rows;
  const header = rows.findIndex((row) => !isBlank(row));
  if (header < 0) return { refused_line: rows.length + 1 };
  const { line, is_broken, fields, bytes: whole } = rows[header];
  const names = fields.map((field) => textOf(field)!);
  const is_header = isText(whole) && !is_broken && names.every(isName) &&
    new Set(names).size === names.length;
  if (!is_header) return { refused_line: line };
  return rows.slice(header + 1).flatMap((row): Line[] => {
    const is_value = names.length === 1 && row.bytes.length > 0;
    const body = isBlank(row) && !is_value ? "blank" : bodyOf(row, names);
    return linesOf(row).map((line, i) => [line, i ? "blank" : body]);
  });
}

function bodyOf({ bytes, fields, is_broken }: SlowRow, names: string[]) {
  if (!isText(bytes)) return null;
  if (is_broken) return JSON.stringify(textOf(bytes));
  const values = fields.map((field) => JSON.stringify(textOf(field)));
  return values.length === names.length
    ? `{${values.map((value, i) => `${JSON.stringify(names[i])}:${value}`)}}`
    : `[${values}]`;
}

function isBlank({ bytes }: SlowRow): boolean {
  return bytes.every((byte) => [9, 13, 32].includes(byte));
}

function isName(name: string): boolean {
  return name.trim() !== "";
}

function isText(bytes: number[]): boolean {
  return !bytes.includes(0) && textOf(bytes) !== undefined;
}

/** The line at which the row starts, and those on which it goes on. */
function linesOf({ line, bytes }: SlowRow): number[] {
  const more = bytes.filter((byte) => byte === 10);
  return [line, ...more.map((_, i) => line + i + 1)];
}

function textOf(bytes: number[]): string | undefined {
  try {
    return DECODER.decode(new Uint8Array(bytes));
  } catch {
    return undefined;
  }
}

function slowRows(bytes: Uint8Array): SlowRow[] | Refused {
  const rows: SlowRow[] = [];
  let line = 1;
  for (let at = 0; at < bytes.length;) {
    const row: SlowRow = { line, bytes: [], fields: [[]], is_broken: false };
    const start = at;
    let state: "start" | "bare" | "quoted" | "closed" = "start";
    let opened_line = 0;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      const field = row.fields.at(-1)!;
      if (state === "quoted") {
        if (byte !== 34) field.push(byte);
        else if (bytes[at + 1] === 34) field.push(bytes[++at]);
        else state = "closed";
        continue;
      }
      if (byte === 10) break;
      const is_line_end = byte === 13 &&
        (bytes[at + 1] === 10 || at + 1 === bytes.length);
      if (is_line_end) continue;
      if (byte === 44 && !row.is_broken) {
        row.fields.push([]);
        state = "start";
      } else if (byte === 44) {
        continue;
      } else if (byte === 34 && state === "start" && !row.is_broken) {
        state = "quoted";
        opened_line = line + bytes.subarray(start, at).filter(isLineEnd).length;
      } else if (byte === 34 || state === "closed") {
        row.is_broken = true;
      } else {
        field.push(byte);
        state = "bare";
      }
    }
    if (state === "quoted") return { refused_line: opened_line };
    row.bytes = [...bytes.subarray(start, at)];
    if (row.bytes.at(-1) === 13) row.bytes.pop();
    line += linesOf(row).length;
    rows.push(row);
    at++; // the line end
  }
  return rows;
}

function isLineEnd(byte: number): boolean {
  return byte === 10;
}
