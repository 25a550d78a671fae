-- The products of Samsung, released after 2000, that have no image, of the latest day.
--
-- reads:  catalog, products_per_day
-- writes: team_b_samsung_without_image_after_2000_latest
-- grain:  one row per such product row of the latest day's file
-- why:    what was given a picture yesterday must not be asked for again
-- differs: SQLite cannot replace a view in its place

create or replace view team_b_samsung_without_image_after_2000_latest as

select
    catalog_date,

    brand,
    category_id,
    comment,
    currency,
    description,
    year_release,

    batch,
    line_number
from catalog
where
    brand = 'Samsung'
    and image is null
    and year_release > 2000
    and catalog_date = (
        select max(products_per_day.catalog_date)
        from products_per_day
    );
