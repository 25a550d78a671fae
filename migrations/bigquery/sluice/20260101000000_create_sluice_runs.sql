-- migrate:up

-- The ledger: what every run did. Rows are only ever added. One row per run_id.
create table if not exists sluice_runs (
    run_id string not null,
    job string not null,
    as_of timestamp not null,
    started_at timestamp not null,
    ended_at timestamp not null,
    -- ok, stopped (a check found rows) or failed
    outcome string not null,
    -- whether the SQL folder ran; a run that found nothing new leaves it alone
    is_folder_run bool not null,
    message string,
    batch_count int64 not null,
    line_count int64 not null,
    byte_count int64 not null,
    host string not null,
    process_id int64 not null
)
cluster by job;

-- migrate:down

drop table if exists sluice_runs;
