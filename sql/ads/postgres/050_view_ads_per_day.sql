-- How many ads of each group and campaign were shown on each day.
--
-- reads:  ads
-- writes: team_ads_per_day
-- grain:  one row per day, ad_group and ad_campaign, unknown campaigns together
-- why:    the first question is what was shown; archived days are in the archive only

drop view if exists team_ads_per_day;

create view team_ads_per_day as

select
    cast(shown_at at time zone 'UTC' as date) as shown_date,
    ad_group,
    ad_campaign,
    is_campaign_known,

    count(*) as ad_count,
    count(ad_scheme) as ad_with_scheme_count,

    min(shown_at) as first_shown_at,
    max(shown_at) as last_shown_at
from ads
group by shown_date, ad_group, ad_campaign, is_campaign_known;
