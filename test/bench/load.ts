/**
 * The load step alone, as a process: a file of lines into a staging table.
 *
 *   SQLITE_PATH=… deno run -A test/bench/load.ts sqlite staging_votes <file>
 */
import { readLines } from "../../scripts/lib/bytes/read_lines.ts";
import { settings } from "../../scripts/lib/cli/settings.ts";
import { readFile } from "../../scripts/lib/store/file_store.ts";
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import type { Dialect } from "../../scripts/lib/warehouse/warehouse.ts";

const [dialect, table, path] = Deno.args;

const warehouse = await openWarehouse(dialect as Dialect, settings());
await warehouse.begin();
await warehouse.load(
  { table, batch: "20210403T061200.123Z_3f2a91bc4d5e" },
  readLines(readFile(path)),
);
await warehouse.commit();
await warehouse.close();
