-- Ads that are in the table are no longer listed as archived.
--
-- reads:  awaited_ads
-- writes: archived_ads
-- grain:  one row per ad
-- why:    the list says what lives in the archive only; what it does not name comes
--         back no second time

delete from archived_ads
where exists (
    select 1
    from awaited_ads
    where awaited_ads.ad_id = archived_ads.ad_id
        and awaited_ads.object = archived_ads.object
);
