/** The names that migrations give. */
import { splitStatements } from "../../scripts/lib/warehouse/sql_tokens.ts";
import { targetOf, wordsOf } from "./sql.ts";
import type { TidyFile } from "./tidy.ts";

/** Tables that migrations make, with their columns. */
export function namesMade(files: TidyFile[]): Map<string, string[]> {
  return new Map(
    files.flatMap(({ text }) =>
      splitStatements(text).flatMap(({ text }) => {
        const words = wordsOf(text);
        const target = targetOf(words);
        if (target?.action !== "create" || target.kind !== "table") return [];
        const columns = words.filter(({ kind, depth }, i) =>
          kind === "word" && depth === 1 &&
          ["(", ","].includes(words[i - 1].text)
        ).map(({ text }) => text);
        return [[target.name, columns] as [string, string[]]];
      })
    ),
  );
}
