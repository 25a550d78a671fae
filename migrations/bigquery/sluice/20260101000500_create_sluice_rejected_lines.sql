-- migrate:up

-- Lines that a job could not read, kept until they are readmitted.
create table if not exists sluice_rejected_lines (
    job string not null,
    feed string not null,
    batch string not null,
    line_number int64 not null,
    reason string not null,
    body string,
    run_id string not null
)
cluster by job, feed, batch;

-- migrate:down

drop table if exists sluice_rejected_lines;
