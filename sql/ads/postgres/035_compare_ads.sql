-- Say for each ad what becomes of its earliest copy.
--
-- reads:  earliest_ads, ads, archived_ads
-- writes: compared_ads
-- grain:  one row per ad_id of this run
-- why:    no line is dropped without a word, and the order of loading decides nothing

create temp table compared_ads as

with

matched_ads as (
    select
        earliest.*,
        kept.ad_id is not null as is_kept,
        archived.ad_id is not null as is_archived,
        (earliest.batch, earliest.line_number)
        < (kept.batch, kept.line_number) as is_earlier,
        (
            earliest.ad_group,
            earliest.ad_campaign,
            earliest.is_campaign_known,
            earliest.ad_scheme,
            earliest.shown_at
        ) is not distinct from (
            kept.ad_group,
            kept.ad_campaign,
            kept.is_campaign_known,
            kept.ad_scheme,
            kept.shown_at
        ) as is_same
    from earliest_ads as earliest
    left join ads as kept on earliest.ad_id = kept.ad_id
    left join archived_ads as archived on earliest.ad_id = archived.ad_id
)

select
    ad_id,

    ad_group,
    ad_campaign,
    is_campaign_known,
    ad_scheme,
    case
        -- An archived copy is not compared: it is proven, and stays as it is.
        when not is_kept and is_archived then 'older'
        when not is_kept then 'inserted'
        -- Also when it says the same: a copy from between the two must lose to it.
        when is_earlier then 'updated'
        when is_same then 'unchanged'
        else 'older'
    end as outcome,
    is_kept and not is_same as is_other,
    copy_count,

    shown_at,

    batch,
    line_number
from matched_ads;

-- How many rows have which outcome decides how they are written.
analyze compared_ads;
