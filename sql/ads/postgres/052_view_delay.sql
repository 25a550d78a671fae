-- How long after they were shown the ads loaded on each day were loaded.
--
-- reads:  ads
-- writes: team_ads_delay
-- grain:  one row per day on which ads were loaded that are not archived
-- why:    yesterday is complete only when the ads shown yesterday are here

drop view if exists team_ads_delay;

create view team_ads_delay as

with

delays as (
    select
        cast(inserted_at at time zone 'UTC' as date) as loaded_date,
        cast(extract(epoch from inserted_at - shown_at) as double precision)
        as delay_seconds
    from ads
)

select
    loaded_date,

    count(*) as ad_count,
    percentile_cont(0.5) within group (order by delay_seconds)
    as median_delay_seconds,
    percentile_cont(0.95) within group (order by delay_seconds)
    as p95_delay_seconds,
    max(delay_seconds) as max_delay_seconds
from delays
group by loaded_date;
