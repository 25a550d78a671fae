-- The products of Samsung, released after 2000, that have no image, of every day.
--
-- reads:  catalog
-- writes: team_b_samsung_without_image_after_2000
-- grain:  one row per such product row of a day's file
-- why:    team B has pictures made of what lacks one; 2000 itself is not after 2000
-- differs: SQLite cannot replace a view in its place

drop view if exists team_b_samsung_without_image_after_2000;

create view team_b_samsung_without_image_after_2000 as

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
    and year_release > 2000;
