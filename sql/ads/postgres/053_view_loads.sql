-- What was loaded on each of the last 31 days, and what became of it.
--
-- reads:  sluice_runs, sluice_steps, sluice_batch_events
-- writes: team_ads_loads
-- grain:  one row per day on which ads were loaded or an answer was set aside
-- why:    fewer loads than hours are lost answers; the ledger knows archived ads, too

drop view if exists team_ads_loads;

create view team_ads_loads as

with

first_day as (
    select date_trunc('day', max(started_at), 'UTC') - interval '30 days' as day_at
    from sluice_runs
    where job = 'ads'
),

-- How many rows each file of a run made or changed.
steps as (
    select
        runs.run_id,
        runs.started_at,
        runs.batch_count,
        steps.file,
        steps.rows_affected
    from sluice_runs as runs
    inner join sluice_steps as steps on runs.run_id = steps.run_id
    where
        runs.job = 'ads'
        and runs.started_at >= (select first_day.day_at from first_day)
        and runs.outcome = 'ok'
        and runs.batch_count > 0
),

loads as (
    select
        cast(started_at at time zone 'UTC' as date) as loaded_date,
        count(distinct run_id) as load_count,
        sum(batch_count) filter (where file = '010_clean_ads.sql') as batch_count,
        sum(rows_affected) filter (where file = '010_clean_ads.sql') as line_count,
        sum(rows_affected) filter (where file = '015_reject_ads.sql')
        as rejected_count,
        sum(rows_affected) filter (where file = '040_merge_ads.sql')
        as inserted_count,
        sum(rows_affected) filter (where file = '041_merge_earlier_copies.sql')
        as updated_count,
        max(started_at) as last_loaded_at
    from steps
    group by loaded_date
),

answers_set_aside as (
    select
        cast(event_at at time zone 'UTC' as date) as loaded_date,
        count(*) as set_aside_count
    from sluice_batch_events
    where
        job = 'ads'
        and feed = 'backup'
        and event = 'set_aside'
        and event_at >= (select first_day.day_at from first_day)
    group by loaded_date
)

select
    coalesce(loads.loaded_date, answers_set_aside.loaded_date) as loaded_date,

    coalesce(loads.load_count, 0) as load_count,
    coalesce(loads.batch_count, 0) as batch_count,
    coalesce(cast(loads.line_count as bigint), 0) as line_count,
    coalesce(cast(loads.inserted_count as bigint), 0) as inserted_count,
    -- Ads that were here, and of which an earlier answer came late.
    coalesce(cast(loads.updated_count as bigint), 0) as updated_count,
    coalesce(
        cast(
            loads.line_count - loads.inserted_count - loads.updated_count
            - loads.rejected_count as bigint
        ), 0
    ) as repeated_count,
    coalesce(cast(loads.rejected_count as bigint), 0) as rejected_count,
    coalesce(answers_set_aside.set_aside_count, 0) as set_aside_count,

    loads.last_loaded_at
from loads
full join answers_set_aside
    on loads.loaded_date = answers_set_aside.loaded_date;
