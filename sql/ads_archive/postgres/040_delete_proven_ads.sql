-- Proven ads that nobody has touched since they were chosen live in the archive only.
--
-- reads:  proven_ads
-- writes: ads, archived_ads
-- grain:  one row per ad
-- why:    an ad leaves the table in the same statement in which the list of archived
--         ads learns where it is: it is never in neither

with

deleted as (
    delete from ads
    using proven_ads
    where ads.ad_id = proven_ads.ad_id
        and ads.ctid = proven_ads.row_place
        and ads.xmin = proven_ads.row_version
        -- Said once more, so that only the pages of these rows are read.
        and ads.ctid = any (array(select proven_ads.row_place from proven_ads))
    returning
        proven_ads.ad_id,
        proven_ads.shown_date,
        proven_ads.object
)

merge into archived_ads
using deleted
on archived_ads.ad_id = deleted.ad_id
-- Only if someone put an archived ad back by hand: the newer copy counts.
when matched then
    update set
        shown_date = deleted.shown_date,
        object = deleted.object
when not matched then
    insert (ad_id, shown_date, object)
    values (deleted.ad_id, deleted.shown_date, deleted.object);
