-- Every ad that came back is, value by value, what its line says.
--
-- reads:  awaited_ads, ads
-- grain:  one row per ad that differs
-- on failure: stop

select
    awaited_ads.ad_id,
    ads.batch,
    ads.line_number
from awaited_ads
left join ads
    on ads.ad_id = awaited_ads.ad_id
where not awaited_ads.is_there
    and (
        ads.ad_id is null
        or to_jsonb(ads)::text <> awaited_ads.body
        -- Laid over the row, the line changes nothing; a column that the table got
        -- later is not in the line, one that it lost fails here.
        and (to_jsonb(ads) || awaited_ads.body::jsonb)::text <> to_jsonb(ads)::text
    );
