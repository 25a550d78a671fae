-- Have one row per ad that goes to the archive, with the line that stands for it.
--
-- reads:  ads, ads_settings, archive_request, current_run
-- writes: old_ads
-- grain:  one row per ad
-- why:    what is old has to be decided once: ads that arrive, change or grow old
--         while the archive is written stay for the next run

create temp table old_ads as

with

-- "--older-than" of this run goes before the setting.
limits as (
    select
        current_run.as_of - make_interval(
            days => coalesce(
                archive_request.older_than_days,
                ads_settings.retention_days
            )
        ) as old_before,
        archive_request.row_limit
    from current_run
    cross join archive_request
    -- Without a row of settings, the run alone can say it: see 012.
    left join ads_settings on true
),

oldest as (
    select
        -- Place and version: equal later on only if nobody touched the row.
        ads.ctid as row_place,
        ads.xmin as row_version,
        ads.ad_id,
        ads.shown_at,
        (ads.shown_at at time zone 'UTC')::date as shown_date,
        to_jsonb(ads)::text as body
    from ads
    where ads.shown_at < (select limits.old_before from limits)
        -- Days before have no name that can be a folder's: see 013.
        and ads.shown_at >= '0001-01-01 00:00:00+00'
    order by ads.shown_at, ads.ad_id
    limit (select limits.row_limit from limits)
)

select
    row_number() over (order by shown_at, ad_id) as line_number,
    ad_id,
    shown_date,
    body,

    row_place,
    row_version
from oldest;

create unique index old_ads_by_line on old_ads (line_number);
