-- The settings, or else this run, say how long ads stay in the table.
--
-- reads:  archive_request, ads_settings
-- grain:  one row per request that cannot be decided
-- on failure: stop

select
    archive_request.older_than_days,
    ads_settings.retention_days
from archive_request
left join ads_settings on true
where coalesce(
    archive_request.older_than_days,
    ads_settings.retention_days
) is null;
