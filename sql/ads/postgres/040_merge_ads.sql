-- Write the ads that are new.
--
-- reads:  compared_ads, current_run
-- writes: ads
-- grain:  one row per ad_id
-- why:    nearly every ad is new, and an insert takes half the time of a merge

insert into ads (
    ad_id,
    ad_group,
    ad_campaign,
    is_campaign_known,
    ad_scheme,
    shown_at,
    inserted_at,
    batch,
    line_number
)

select
    compared.ad_id,

    compared.ad_group,
    compared.ad_campaign,
    compared.is_campaign_known,
    compared.ad_scheme,

    compared.shown_at,
    current_run.started_at as inserted_at,

    compared.batch,
    compared.line_number
from compared_ads as compared
cross join current_run
where compared.outcome = 'inserted'
-- In the order of the key its index is written page by page.
order by compared.ad_id;
