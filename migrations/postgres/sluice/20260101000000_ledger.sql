-- migrate:up

-- The ledger: what every run did. Rows are only ever added.

create table sluice_runs (
    run_id text primary key,
    job text not null,
    as_of timestamptz not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    -- ok, stopped (a check found rows) or failed
    outcome text not null,
    -- whether the SQL folder ran; a run that found nothing new leaves it alone
    is_folder_run boolean not null,
    message text,
    batch_count integer not null,
    line_count bigint not null,
    byte_count bigint not null,
    host text not null,
    process_id integer not null
);

create index sluice_runs_by_job on sluice_runs (job, started_at);

-- One row per file of the folder and run, in order; 0 stands for the migrations.
create table sluice_steps (
    run_id text not null,
    step_number integer not null,
    file text not null,
    sha256 text not null,
    duration_ms double precision not null,
    rows_affected bigint,
    -- run, or unchanged (a view that was left as it is)
    outcome text not null,
    primary key (run_id, step_number)
);

-- One row per check and run; sample holds its first 20 rows as JSON.
create table sluice_checks (
    run_id text not null,
    file text not null,
    sentence text not null,
    on_failure text not null,
    row_count bigint not null,
    sample text,
    primary key (run_id, file)
);

-- What happened to each landed object, event by event.
create table sluice_batch_events (
    job text not null,
    feed text not null,
    batch text not null,
    -- landed, staged, merged, repeated, set_aside, taken_back or readmitted
    event text not null,
    event_at timestamptz not null,
    run_id text not null,
    object text,
    sha256 text,
    byte_count bigint,
    line_count bigint,
    blank_count bigint,
    source text,
    source_bytes bigint,
    source_modified_at text,
    reason text,
    primary key (job, feed, batch, event_at, event)
);

create index sluice_batch_events_by_event
on sluice_batch_events (job, feed, event, batch);

create index sluice_batch_events_by_digest
on sluice_batch_events (job, feed, sha256)
where sha256 is not null;

create index sluice_batch_events_by_source
on sluice_batch_events (job, feed, source)
where source is not null;

-- Where each batch stands now.
create view sluice_batches as
with

numbered as (
    select
        job,
        feed,
        batch,
        event as state,
        event_at as state_at,
        reason,
        row_number() over (
            partition by job, feed, batch
            order by event_at desc, event
        ) as age
    from sluice_batch_events
),

facts as (
    select
        job,
        feed,
        batch,
        min(event_at) as first_seen_at,
        max(object) as object,
        max(sha256) as sha256,
        max(byte_count) as byte_count,
        max(line_count) as line_count,
        max(source) as source
    from sluice_batch_events
    group by job, feed, batch
)

select
    facts.job,
    facts.feed,
    facts.batch,
    numbered.state,
    numbered.state_at,
    numbered.reason,
    facts.first_seen_at,
    facts.object,
    facts.sha256,
    facts.byte_count,
    facts.line_count,
    facts.source
from facts
join numbered
    on numbered.job = facts.job
    and numbered.feed = facts.feed
    and numbered.batch = facts.batch
    and numbered.age = 1;

-- Lines that a job could not read, kept until they are readmitted.
create table sluice_rejected_lines (
    job text not null,
    feed text not null,
    batch text not null,
    line_number bigint not null,
    reason text not null,
    body text,
    run_id text not null,
    primary key (job, feed, batch, line_number)
);

-- The last run, for people at a console; in a run a temp table hides this view.
create view current_run as
select
    run_id,
    job,
    as_of,
    started_at
from sluice_runs
order by started_at desc
limit 1;

-- migrate:down

drop view current_run;
drop table sluice_rejected_lines;
drop view sluice_batches;
drop table sluice_batch_events;
drop table sluice_checks;
drop table sluice_steps;
drop table sluice_runs;
