-- A brand that reads like Samsung is written as Samsung.
--
-- reads:  clean_products
-- grain:  one row per batch and other spelling
-- why:    team B gets the brand as it is written, and should hear of what it misses
-- on failure: warn
-- differs: SQLite has no patterns to replace by

select
    batch,
    min(line_number) as line_number,

    brand,
    count(*) as row_count
from clean_products
where
    reason is null
    and brand <> 'Samsung'
    -- Blanks, line ends and no-break spaces stand around it, or between.
    and lower(
        regexp_replace(brand, r'[ \t\n\r\x{a0}]', '')
    ) = 'samsung'
group by batch, brand
order by batch, brand;
