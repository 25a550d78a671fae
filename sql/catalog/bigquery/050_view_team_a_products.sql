-- The products that have an image, of every day.
--
-- reads:  catalog
-- writes: team_a_products_with_image
-- grain:  one row per product row of a day's file that has an image
-- why:    team A shows pictures, and has no use for a product without one
-- differs: SQLite cannot replace a view in its place

create or replace view team_a_products_with_image as

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
where image is not null;
