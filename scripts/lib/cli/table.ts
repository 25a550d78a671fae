/** Wider than this, rows are easier to read one below the other. */
const WIDEST_TABLE = 160;

/** Rows as a small table for people; wide rows one column a line. */
export function table(rows: Record<string, unknown>[]): string {
  if (!rows.length) return "(no rows)";
  const text = asTable(rows);
  return width(text.slice(0, text.indexOf("\n"))) > WIDEST_TABLE
    ? rows.map(asRecord).join("\n\n")
    : text;
}

function asRecord(row: Record<string, unknown>): string {
  const names = Object.keys(row);
  const widest = Math.max(...names.map(width));
  return names
    .map((name) => `${name.padEnd(widest)}  ${cell(row[name])}`.trimEnd())
    .join("\n");
}

function asTable(rows: Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0]);
  const cells = rows.map((row) => columns.map((column) => cell(row[column])));
  const isNumber = columns.map((column) =>
    rows.every((row) => row[column] === null || isNumeric(row[column]))
  );
  const widths = columns.map((column, index) =>
    Math.max(width(column), ...cells.map((row) => width(row[index])))
  );
  const line = (texts: string[]) =>
    texts.map((text, index) => {
      const space = " ".repeat(widths[index] - width(text));
      return isNumber[index] ? space + text : text + space;
    }).join("  ").trimEnd();
  return [
    line(columns),
    line(widths.map((size) => "-".repeat(size))),
    ...cells.map(line),
  ].join("\n");
}

const WIDEST_CELL = 60;

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "number" && !Number.isInteger(value)
    ? String(Number(value.toPrecision(12)))
    : typeof value === "object"
    ? JSON.stringify(value)
    : String(value);
  const shown = text.replace(/\p{Cc}/gu, " ");
  return width(shown) > WIDEST_CELL
    ? `${[...shown].slice(0, WIDEST_CELL - 1).join("")}…`
    : shown;
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function width(text: string): number {
  return [...text].length;
}
