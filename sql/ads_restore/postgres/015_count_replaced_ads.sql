-- Have one row per line whose ad is in the table, or in another object.
--
-- reads:  archived_lines, archived_ads, ads
-- writes: replaced_ads
-- grain:  one row per ad
-- why:    an ad that changed while it was archived, or was put back by hand, may have
--         been archived again: nobody must wait for it here

drop table if exists pg_temp.replaced_ads;

create temp table replaced_ads as

with

lines as (
    select
        batch as object,
        body::jsonb ->> 'ad_id' as ad_id
    from archived_lines
)

select lines.ad_id
from lines
left join archived_ads
    on archived_ads.ad_id = lines.ad_id
left join ads
    on ads.ad_id = lines.ad_id
where ads.ad_id is not null
    or archived_ads.object <> lines.object;
