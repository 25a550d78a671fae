-- Articles of which a shop has fewer than five pieces.
--
-- reads:  stock
-- writes: team_ops_low_stock
-- grain:  one row per shop_id and article_id with fewer than five pieces
-- why:    who fills the shelves wants what is short, and nothing else
-- differs: PostgreSQL has roles: the team reads this view, and not the table

drop view if exists team_ops_low_stock;

create view team_ops_low_stock as

select
    shop_id,
    article_id,

    piece_count,

    counted_date
from stock
where piece_count < 5;
