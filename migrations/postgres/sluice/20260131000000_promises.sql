-- migrate:up

-- What a job promises to people: a good run at least every so many hours.
create table sluice_promises (
    job text primary key,
    fresh_within_hours integer not null
);

-- Where each job stands: its last good run, its promise, and what needs a look.
create view sluice_status as
with

jobs as (
    select job
    from sluice_runs
    union
    select job
    from sluice_promises
),

good_runs as (
    select
        job,
        max(ended_at) as last_good_run_at
    from sluice_runs
    where outcome = 'ok'
    group by job
),

bad_batches as (
    select
        aside.job,
        count(*) as batch_count
    from sluice_batch_events as aside
    where
        aside.event = 'set_aside'
        and not exists (
            select 1
            from sluice_batch_events as later
            where
                later.job = aside.job
                and later.feed = aside.feed
                and later.batch = aside.batch
                and later.event_at > aside.event_at
        )
    group by aside.job
),

bad_lines as (
    select
        job,
        count(*) as line_count
    from sluice_rejected_lines
    group by job
)

select
    jobs.job,

    good_runs.last_good_run_at,
    sluice_promises.fresh_within_hours,
    good_runs.last_good_run_at
    + make_interval(hours => sluice_promises.fresh_within_hours) as fresh_until,
    (
        select last.outcome
        from sluice_runs as last
        where last.job = jobs.job
        order by last.started_at desc
        limit 1
    ) as last_outcome,

    coalesce(bad_batches.batch_count, 0) as set_aside_count,
    coalesce(bad_lines.line_count, 0) as rejected_count
from jobs
left join good_runs on jobs.job = good_runs.job
left join sluice_promises on jobs.job = sluice_promises.job
left join bad_batches on jobs.job = bad_batches.job
left join bad_lines on jobs.job = bad_lines.job;

-- migrate:down

drop view sluice_status;
drop table sluice_promises;
