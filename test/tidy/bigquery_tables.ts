/** What the tidy rules know of BigQuery's tables and variables. */
import { splitStatements } from "../../scripts/lib/warehouse/sql_tokens.ts";
import {
  type JobSql,
  jobSqlFiles,
  targetOf,
  type Word,
  wordsOf,
} from "./sql.ts";
import type { TidyFile } from "./tidy.ts";

/** BigQuery's files of jobs. */
export function bigQueryFiles(files: TidyFile[]): JobSql[] {
  return jobSqlFiles(files).filter(({ dialect }) => dialect === "bigquery");
}

/** Partitioned tables, each with the columns by which BigQuery can skip parts of it. */
export function partitionedTables(files: TidyFile[]): Map<string, string[]> {
  const migrations = files.filter(({ path }) =>
    path.startsWith("migrations/bigquery/")
  );
  return new Map(
    migrations.flatMap(({ text }) =>
      splitStatements(text).flatMap(({ text }) => {
        const words = wordsOf(text);
        const target = targetOf(words);
        if (target?.action !== "create") return [];
        const partition = columnAfter(words, "partition");
        const cluster = columnAfter(words, "cluster");
        return partition
          ? [[target.name, [partition, cluster ?? partition]] as const]
          : [];
      })
    ),
  );
}

const PARTS = /^(range_bucket|date|date_trunc|timestamp_trunc|datetime_trunc)$/;

/** The first column in `partition by date_trunc(day, month)`. */
function columnAfter(words: Word[], clause: string): string | undefined {
  const at = words.findIndex(({ text, depth }, i) =>
    text === clause && depth === 0 && words[i + 1]?.text === "by"
  );
  return at < 0
    ? undefined
    : words.slice(at + 2).find(({ kind, text }) =>
      kind === "word" && !PARTS.test(text)
    )?.text;
}

/** `declare lowest_id int64 default (…)`: the name of the variable. */
export function variableOf(words: Word[]): Word | undefined {
  return words[0]?.text === "declare" ? words[1] : undefined;
}

/** Variables of a folder that a file may use: its own, and those of files before it. */
export function variablesFor(file: JobSql, files: JobSql[]): Set<string> {
  return new Set(
    files
      .filter(({ job, name }) => job === file.job && name <= file.name)
      .flatMap(({ statement_words }) => statement_words)
      .flatMap((words) => variableOf(words)?.text ?? []),
  );
}

/** The columns of a comma list of `table.column`, each by its bare name. */
export function columnsOf(words: Word[]): string[] {
  return words.filter(({ kind }, i) =>
    kind === "word" && (words[i + 1]?.text ?? ",") === ","
  ).map(({ text }) => text);
}
