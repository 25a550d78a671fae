-- Keep the last count of each article in each shop.
--
-- reads:  clean_stock
-- writes: latest_stock
-- grain:  one row per shop_id and article_id
-- why:    a file may count an article again, and several files may come at once

create temp table latest_stock as

with

ranked as (
    select
        *,
        row_number() over (
            partition by shop_id, article_id
            order by counted_date desc, batch desc, line_number desc
        ) as copy_number
    from clean_stock
    where reason is null
)

select
    shop_id,
    article_id,

    piece_count,

    counted_date,

    batch,
    line_number
from ranked
where copy_number = 1;
