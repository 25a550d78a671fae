-- Which share of the ads shown on each day has no known campaign.
--
-- reads:  ads
-- writes: team_ads_unknown_campaigns
-- grain:  one row per day and ad_group
-- why:    half is usual, more is a fault of the API; archived days are not counted

drop view if exists team_ads_unknown_campaigns;

create view team_ads_unknown_campaigns as

with

days as (
    select
        cast(shown_at at time zone 'UTC' as date) as shown_date,
        ad_group,
        count(*) as ad_count,
        count(*) filter (where not is_campaign_known) as unknown_campaign_count
    from ads
    group by shown_date, ad_group
)

select
    shown_date,
    ad_group,

    ad_count,
    unknown_campaign_count,
    cast(unknown_campaign_count as double precision)
    / ad_count as unknown_campaign_share
from days;
