/** The archive's part of the ledger, and the tables through which its SQL is told things. */
import { allRows, type Warehouse } from "../warehouse/warehouse.ts";
import type { Ledger } from "./ledger.ts";

/** What a person asked of an archive run; null is the setting, or no limit. */
export interface ArchiveRequest {
  older_than_days: number | null;
  row_limit: number | null;
}

/** Nobody asked for anything. */
export const NO_REQUEST: ArchiveRequest = {
  older_than_days: null,
  row_limit: null,
};

/** One row of `sluice_receipts`, but for job, time and run. */
export interface Receipt {
  event: "archived" | "restored";
  object: string;
  version_id: string | undefined;
  plain_sha256: string;
  stored_sha256: string;
  line_count: number;
  plain_bytes: number;
  stored_bytes: number;
  moved_count: number;
  kept_count: number;
}

/** An object of the archive as its receipts tell it, and how many rows it holds now. */
export interface ArchivedObject
  extends Omit<Receipt, "event" | "moved_count" | "kept_count" | "version_id"> {
  away_count: number;
}

/** The table that receives the lines of one object, read back from the store. */
export const LINES_TABLE = "archived_lines";

/** Makes the temp tables from which the SQL files learn what to do. */
export async function makeArchiveTables(
  warehouse: Warehouse,
  { older_than_days, row_limit }: ArchiveRequest,
): Promise<void> {
  await warehouse.execute(
    `create temp table archive_request (older_than_days integer, row_limit bigint)`,
  );
  await warehouse.execute(
    `insert into archive_request (older_than_days, row_limit) values ($1, $2)`,
    [older_than_days, row_limit],
  );
  await warehouse.execute(
    `create temp table ${LINES_TABLE} (
       batch text not null, line_number bigint not null, body text
     )`,
  );
}

/** Adds what became of an object, in the transaction that did it. */
export async function addReceipt(
  { warehouse, run }: Ledger,
  receipt: Receipt,
): Promise<void> {
  const row = {
    run_id: run.run_id,
    job: run.job,
    ...receipt,
    version_id: receipt.version_id ?? null,
    receipt_at: new Date().toISOString(),
  };
  const names = Object.keys(row);
  await warehouse.execute(
    `insert into sluice_receipts (${names.join(", ")})
     values (${names.map((_, index) => `$${index + 1}`).join(", ")})`,
    Object.values(row),
  );
}

/** Every object that a job has archived, by its name. */
export async function archivedObjects(
  warehouse: Warehouse,
  job: string,
): Promise<ArchivedObject[]> {
  const rows = await allRows(
    warehouse,
    `select event, object, plain_sha256, stored_sha256, line_count,
       plain_bytes, stored_bytes, moved_count
     from sluice_receipts
     where object in (
       select object from sluice_receipts where job = $1 and event = 'archived'
     )
     order by object, receipt_at`,
    [job],
  ) as unknown as Receipt[];
  const objects = new Map<string, ArchivedObject>();
  for (const { event, moved_count, ...receipt } of rows) {
    const before = objects.get(receipt.object);
    const line_count = Number(receipt.line_count);
    const away_count = (before?.away_count ?? 0) + Number(moved_count);
    objects.set(receipt.object, {
      // A restore read the same lines, perhaps packed anew by whoever saved them.
      ...(event === "archived" || !before ? receipt : before),
      line_count,
      plain_bytes: Number(receipt.plain_bytes),
      stored_bytes: Number(receipt.stored_bytes),
      // A restore leaves nothing in an object; the same rows may leave twice, if
      // someone had put them back by hand.
      away_count: event === "restored" ? 0 : Math.min(away_count, line_count),
    });
  }
  return [...objects.values()];
}
