-- The products that have an image, of the latest day.
--
-- reads:  catalog, products_per_day
-- writes: team_a_products_with_image_latest
-- grain:  one row per product row of the latest day's file that has an image
-- why:    who shows today's catalog must not count every day's
-- differs: SQLite cannot replace a view in its place

create or replace view team_a_products_with_image_latest as

select
    catalog_date,

    brand,
    category_id,
    comment,
    currency,
    description,
    image,
    year_release,

    batch,
    line_number
from catalog
where
    image is not null
    and catalog_date = (
        select max(products_per_day.catalog_date)
        from products_per_day
    );
