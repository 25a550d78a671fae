-- An ad that comes again says what it said before.
--
-- reads:  compared_ads, clean_ads
-- grain:  one row per batch with such ads
-- why:    the earliest copy is kept, so what a later one says differently is not seen
-- on failure: warn

with

other_copies as (
    select
        ad_id,
        batch,
        line_number
    from compared_ads
    where is_other
    union all
    select
        copies.ad_id,
        copies.batch,
        copies.line_number
    from compared_ads as compared
    inner join clean_ads as copies on compared.ad_id = copies.ad_id
    where
        compared.copy_count > 1
        and copies.reason is null
        and (
            compared.ad_group,
            compared.ad_campaign,
            compared.is_campaign_known,
            compared.ad_scheme,
            compared.shown_at
        ) is distinct from (
            copies.ad_group,
            copies.ad_campaign,
            copies.is_campaign_known,
            copies.ad_scheme,
            copies.shown_at
        )
)

select
    batch,
    min(line_number) as line_number,

    count(*) as ad_count,
    min(ad_id) as example_ad_id
from other_copies
group by batch
order by batch;
