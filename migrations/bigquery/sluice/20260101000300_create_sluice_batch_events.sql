-- migrate:up

-- What happened to each landed object, event by event.
create table if not exists sluice_batch_events (
    job string not null,
    feed string not null,
    batch string not null,
    -- landed, staged, merged, repeated, set_aside, taken_back or readmitted
    event string not null,
    event_at timestamp not null,
    run_id string not null,
    object string,
    sha256 string,
    byte_count int64,
    line_count int64,
    blank_count int64,
    source string,
    source_bytes int64,
    source_modified_at string,
    reason string
)
cluster by job, feed, batch;

-- migrate:down

drop table if exists sluice_batch_events;
