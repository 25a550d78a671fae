-- Every line that was read back is, byte by byte, the ad that it was written from.
--
-- reads:  archived_lines, proven_ads
-- grain:  one row per line that differs
-- on failure: stop

select
    archived_lines.batch,
    archived_lines.line_number
from archived_lines
left join proven_ads
    on proven_ads.line_number = archived_lines.line_number
where proven_ads.line_number is null;
