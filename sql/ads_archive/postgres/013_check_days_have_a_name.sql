-- Every ad was shown on a day of our era: earlier ones stay, and are not archived.
--
-- reads:  ads
-- grain:  one row per ad that stays
-- on failure: warn

select
    ad_id,
    shown_at,

    batch,
    line_number
from ads
where shown_at < '0001-01-01 00:00:00+00';
