-- migrate:up

-- One row per object and run: rows went into the archive, or came back from it.
-- It is written in the transaction that deletes the rows, or brings them back.
create table if not exists sluice_receipts (
    run_id string not null,
    job string not null,
    -- archived or restored
    event string not null,
    -- the key in the store, and the version there if the store keeps versions
    object string not null,
    version_id string,
    -- of the lines, and of the packed bytes as they were read back
    plain_sha256 string not null,
    stored_sha256 string not null,
    line_count int64 not null,
    plain_bytes int64 not null,
    stored_bytes int64 not null,
    -- rows deleted from the table, or brought back into it
    moved_count int64 not null,
    -- rows left as they are: changed since they were read, or not awaited back
    kept_count int64 not null,
    receipt_at timestamp not null
)
cluster by job, object;

-- migrate:down

drop table if exists sluice_receipts;
