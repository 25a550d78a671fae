-- The awaited ads are back in the table, as they were when they left it.
--
-- reads:  awaited_ads
-- writes: ads
-- grain:  one row per ad
-- why:    someone asks for days that are older than the table keeps

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
    ad_id,
    ad_group,
    ad_campaign,
    is_campaign_known,
    ad_scheme,

    shown_at,
    inserted_at,

    batch,
    line_number
from awaited_ads
-- Someone may have put it back by hand: a row that is there stays.
where not is_there;
