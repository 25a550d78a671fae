-- What the three newest days hold, for both teams.
--
-- reads:  products_per_day
-- grain:  one row per catalog_date
-- why:    a day that is missing, or much smaller than others, is seen at once

select
    catalog_date,

    product_count,
    with_image_count,
    samsung_without_image_after_2000_count
from products_per_day
order by catalog_date desc
limit 3;
