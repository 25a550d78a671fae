-- migrate:up

-- One row per object and run: rows went into the archive, or came back from it.
-- It is written in the transaction that deletes the rows, or brings them back.
create table sluice_receipts (
    run_id text not null,
    job text not null,
    -- archived or restored
    event text not null,
    -- the key in the store, and the version there if the store keeps versions
    object text not null,
    version_id text,
    -- of the lines, and of the packed bytes as they were read back
    plain_sha256 text not null,
    stored_sha256 text not null,
    line_count integer not null,
    plain_bytes integer not null,
    stored_bytes integer not null,
    -- rows deleted from the table, or brought back into it
    moved_count integer not null,
    -- rows left as they are: changed since they were read, or not awaited back
    kept_count integer not null,
    receipt_at text not null,
    primary key (run_id, object)
);

create index sluice_receipts_by_object on sluice_receipts (job, object);

-- migrate:down

drop table sluice_receipts;
