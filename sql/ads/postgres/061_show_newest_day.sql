-- The ads of the newest day, by group.
--
-- reads:  ads
-- grain:  one row per ad_group
-- why:    a group that is missing, or unknown all over, is seen at once

with

newest as (
    select date_trunc('day', max(shown_at), 'UTC') as day_at
    from ads
)

select
    ads.ad_group,

    count(*) as ad_count,
    count(*) filter (where not ads.is_campaign_known) as unknown_campaign_count,
    max(ads.shown_at) as last_shown_at
from ads
where
    ads.shown_at >= (select newest.day_at from newest)
    -- Always true, but a day with two ends is looked up and not searched for.
    and ads.shown_at < (select newest.day_at + interval '24 hours' from newest)
group by ads.ad_group
order by ad_count desc, ads.ad_group;
