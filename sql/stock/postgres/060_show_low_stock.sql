-- The three articles of which there is least.
--
-- reads:  team_ops_low_stock
-- grain:  one row per shop_id and article_id
-- why:    who pushes a file wants to see at once that it arrived

select
    shop_id,
    article_id,

    piece_count,

    counted_date
from team_ops_low_stock
order by piece_count, shop_id, article_id
limit 3;
