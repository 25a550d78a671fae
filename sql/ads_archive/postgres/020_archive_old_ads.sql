-- The lines of a day stand in the folder of that day, in a fixed order.
--
-- reads:  old_ads
-- grain:  one row per ad
-- why:    whoever looks for a day finds it by name, and the same ads give the same
--         objects again, so that a second try is a copy of the first

select
    'archive/shown_date=' || shown_date as object,
    body
from old_ads
order by line_number;
