-- migrate:up

-- Where each job stands: its last good run, its promise, and what needs a look.
create or replace view sluice_status as
with

jobs as (
    select job
    from sluice_runs
    union distinct
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

last_runs as (
    select
        job,
        outcome
    from sluice_runs
    where true
    qualify row_number() over (
        partition by job
        order by started_at desc, run_id
    ) = 1
),

bad_batches as (
    select
        job,
        count(*) as batch_count
    from sluice_batches
    where state = 'set_aside'
    group by job
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
    timestamp_add(
        good_runs.last_good_run_at,
        interval sluice_promises.fresh_within_hours hour
    ) as fresh_until,
    last_runs.outcome as last_outcome,

    coalesce(bad_batches.batch_count, 0) as set_aside_count,
    coalesce(bad_lines.line_count, 0) as rejected_count
from jobs
left join good_runs on jobs.job = good_runs.job
left join last_runs on jobs.job = last_runs.job
left join sluice_promises on jobs.job = sluice_promises.job
left join bad_batches on jobs.job = bad_batches.job
left join bad_lines on jobs.job = bad_lines.job;

-- migrate:down

drop view if exists sluice_status;
