/** Judges BigQuery files by ZetaSQL, each against the tables of those before it. */
import {
  splitStatements,
  type Statement,
} from "../../scripts/lib/warehouse/sql_tokens.ts";
import { targetOf, type Word, wordsOf } from "../tidy/sql.ts";
import type { TidyFile } from "../tidy/tidy.ts";
import { GrpcError } from "./grpc.ts";
import { bytesOf, readMessage } from "./protobuf.ts";
import type { Catalog, Table, ZetaSql } from "./zetasql.ts";

/** What a run makes before its folder begins. */
const RUN =
  "select '' as run_id, '' as job, timestamp '2026-01-01' as as_of, timestamp '2026-01-01' as started_at";

/** A catalog with the tables that migrations make, and what is wrong with these. */
export async function migratedCatalog(
  zetasql: ZetaSql,
  migrations: TidyFile[],
): Promise<{ catalog: Catalog; faults: string[] }> {
  const catalog: Catalog = { tables: new Map(), variables: new Map() };
  const faults: string[] = [];
  for (const { path, text } of migrations) {
    const down = text.search(/^-- migrate:down/m);
    faults.push(
      ...await judgeText(zetasql, { path, text, catalog, end: down }),
    );
    faults.push(
      ...await judgeText(zetasql, {
        path,
        text,
        // What is undone here is there for those that come after.
        catalog: copyOf(catalog),
        start: down,
      }),
    );
  }
  return { catalog, faults };
}

/** What is wrong with the files of a folder, as `path:line:column: message`. */
export async function judgeFolder(
  zetasql: ZetaSql,
  { files, catalog: migrated }: { files: TidyFile[]; catalog: Catalog },
): Promise<string[]> {
  const catalog = copyOf(migrated);
  const columns = await zetasql.columns(RUN, catalog);
  catalog.tables.set("current_run", { columns, rows: [] });
  const faults: string[] = [];
  for (const { path, text } of files) {
    faults.push(...await judgeText(zetasql, { path, text, catalog }));
  }
  return faults;
}

function copyOf({ tables, variables }: Catalog): Catalog {
  return { tables: new Map(tables), variables: new Map(variables) };
}

async function judgeText(
  zetasql: ZetaSql,
  { path, text, catalog, start = 0, end = text.length }: TidyFile & {
    catalog: Catalog;
    start?: number;
    end?: number;
  },
): Promise<string[]> {
  const faults: string[] = [];
  const part = text.slice(start, end);
  for (const statement of splitStatements(part)) {
    const at = { text: statement.text, start: start + statement.start };
    const fault = await faultOf(() =>
      judgeStatement(zetasql, at.text, catalog)
    );
    if (fault) faults.push(placed(fault, { path, text, statement: at }));
  }
  // Whole, as a console would take it: nothing may be hidden between statements.
  const whole = await faultOf(() => zetasql.parse(part));
  if (whole && !faults.length) faults.push(`${path}:1:1: ${whole}`);
  return faults;
}

async function faultOf(
  judge: () => Promise<void>,
): Promise<string | undefined> {
  try {
    await judge();
    return undefined;
  } catch (error) {
    if (error instanceof GrpcError) return error.message;
    throw error;
  }
}

/** Judges a statement, and adds to the catalog what it makes. */
async function judgeStatement(
  zetasql: ZetaSql,
  statement: string,
  catalog: Catalog,
): Promise<void> {
  const variable = statement.match(/^declare\s+(\w+)\s+(\w+)\s+default\b/i);
  if (variable) {
    const [before, name, type] = variable;
    // As long as what it stands for, so that places stay where they are.
    const select = "select".padEnd(before.length) +
      statement.slice(before.length);
    await zetasql.analyze(select, catalog);
    const [found] = await zetasql.columns(select, catalog);
    const [wanted] = await zetasql.columns(
      `select cast(null as ${type}) as x`,
      catalog,
    );
    const type_bytes = bytesOf(readMessage(wanted), 2)!;
    if (String(bytesOf(readMessage(found), 2)) !== String(type_bytes)) {
      throw new GrpcError(`expected ${name} to be ${type} [at 1:1]`);
    }
    catalog.variables.set(name, { type: type_bytes });
    return;
  }
  await zetasql.analyze(statement, catalog);
  const made = await madeBy(zetasql, statement, catalog);
  if (made) catalog.tables.set(made.name, made.table);
}

/** The table or view that a statement makes, with its columns. */
export async function madeBy(
  zetasql: ZetaSql,
  statement: string,
  catalog: Catalog,
): Promise<{ name: string; table: Table; select?: string } | undefined> {
  const words = wordsOf(statement);
  const target = targetOf(words);
  if (target?.action !== "create") return undefined;
  const from = words.findIndex(({ text, depth }, i) =>
    text === "as" && depth === 0 &&
    ["select", "with", "("].includes(words[i + 1]?.text)
  );
  const select = from < 0 ? undefined : statement.slice(words[from + 1].start);
  const columns = await zetasql.columns(
    select ?? `select ${nulls(statement, words)}`,
    catalog,
  );
  return { name: target.name, table: { columns, rows: [] }, select };
}

/** `a int64 not null, b string` as a select of them. */
function nulls(statement: string, words: Word[]): string {
  const open = words.findIndex(({ text }) => text === "(");
  const close = words.findIndex(({ text, depth }, i) =>
    i > open && text === ")" && depth === 0
  );
  const columns: string[] = [];
  let first = open + 1;
  for (let i = first; i <= close; i++) {
    const is_end = i === close || words[i].text === "," && words[i].depth === 1;
    if (!is_end) continue;
    const rest = words.slice(first + 1, i);
    const end = rest.findIndex(({ text }) =>
      /^(not|default|options)$/.test(text)
    );
    const type = rest.slice(0, end < 0 ? undefined : end);
    const text = statement.slice(type[0].start, type.at(-1)!.end);
    columns.push(`cast(null as ${text}) as ${words[first].text}`);
    first = i + 1;
  }
  return columns.join(", ");
}

/** A fault with its place in the file instead of its place in the statement. */
function placed(
  fault: string,
  { path, text, statement }: TidyFile & { statement: Statement },
): string {
  const [, message, line = "1", column = "1"] = fault.match(
    /^([\s\S]*?)(?: \[at (\d+):(\d+)\])?$/,
  )!;
  const before = text.slice(0, statement.start).split("\n");
  const is_first = line === "1";
  return `${path}:${before.length + Number(line) - 1}:${
    (is_first ? before.at(-1)!.length : 0) + Number(column)
  }: ${message}`;
}
