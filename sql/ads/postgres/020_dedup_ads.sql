-- Keep the earliest copy of each ad.
--
-- reads:  clean_ads
-- writes: earliest_ads
-- grain:  one row per ad_id
-- why:    the API may give an ad again, and an ad was shown once

create temp table earliest_ads as

with

ranked as (
    select
        ad_id,
        ad_group,
        ad_campaign,
        is_campaign_known,
        ad_scheme,
        shown_at,
        batch,
        line_number,
        row_number() over (
            partition by ad_id
            order by batch, line_number
        ) as copy_number,
        count(*) over (partition by ad_id) as copy_count
    from clean_ads
    where reason is null
)

select
    ad_id,

    ad_group,
    ad_campaign,
    is_campaign_known,
    ad_scheme,
    copy_count,

    shown_at,

    batch,
    line_number
from ranked
where copy_number = 1;
