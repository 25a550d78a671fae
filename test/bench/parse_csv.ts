/**
 * Reading CSV alone, as a process: a file into rows, which are counted.
 *
 *   deno run -A test/bench/parse_csv.ts ours <file>
 */
import { CsvParseStream } from "@std/csv";
import { splitCsv } from "../../scripts/lib/bytes/csv.ts";
import { readFile } from "../../scripts/lib/store/file_store.ts";

const [way, path] = Deno.args;
let row_count = 0;
if (way === "ours") {
  for await (const { ends } of splitCsv(readFile(path))) {
    for (const end of ends) if (end !== -1) row_count++;
  }
} else {
  const rows = ReadableStream.from(readFile(path))
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new CsvParseStream({ skipFirstRow: true }));
  for await (const _ of rows) row_count++;
}
console.log(row_count);
