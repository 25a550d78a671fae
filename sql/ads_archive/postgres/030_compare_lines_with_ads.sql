-- Have one row per ad whose line, as it was read back, equals it byte by byte.
--
-- reads:  archived_lines, old_ads
-- writes: proven_ads
-- grain:  one row per ad
-- why:    what the store gives back is the only proof that it has the ad

drop table if exists pg_temp.proven_ads;

create temp table proven_ads as

with

-- An object holds consecutive lines: without the range each would cost all of them.
lines as (
    select
        min(line_number) as first_line,
        max(line_number) as last_line
    from archived_lines
)

select
    old_ads.ad_id,
    old_ads.shown_date,
    archived_lines.batch as object,

    old_ads.row_place,
    old_ads.row_version,
    old_ads.line_number
from old_ads
join archived_lines
    on archived_lines.line_number = old_ads.line_number
    and archived_lines.body collate "C" = old_ads.body collate "C"
where old_ads.line_number >= (select lines.first_line from lines)
    and old_ads.line_number <= (select lines.last_line from lines);
