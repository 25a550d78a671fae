-- Have one row per ad that the list says lives in this object, typed as before.
--
-- reads:  archived_lines, archived_ads, ads
-- writes: awaited_ads
-- grain:  one row per ad
-- why:    an ad that changed while it was archived stayed in the table: its line in
--         the object is an older copy, which must not come back

drop table if exists pg_temp.awaited_ads;

create temp table awaited_ads as
select
    restored.ad_id,
    restored.ad_group,
    restored.ad_campaign,
    restored.is_campaign_known,
    restored.ad_scheme,

    restored.shown_at,
    restored.inserted_at,

    restored.batch,
    restored.line_number,

    ads.ad_id is not null as is_there,
    archived_lines.batch as object,
    archived_lines.body
from archived_lines
-- The table itself says what type each column has.
cross join lateral jsonb_populate_record(
    cast(null as ads),
    archived_lines.body::jsonb
) as restored
join archived_ads
    on archived_ads.ad_id = restored.ad_id
    and archived_ads.object = archived_lines.batch
left join ads
    on ads.ad_id = restored.ad_id;
