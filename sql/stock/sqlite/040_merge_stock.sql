-- Write each count that is later than the one that is there.
--
-- reads:  latest_stock
-- writes: stock
-- grain:  one row per shop_id and article_id
-- why:    a file that comes late must not undo a newer count
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

insert into stock as kept (
    shop_id,
    article_id,
    piece_count,
    counted_date,
    batch,
    line_number
)
select
    shop_id,
    article_id,

    piece_count,

    counted_date,

    batch,
    line_number
from latest_stock
where true
on conflict (shop_id, article_id) do update set
    piece_count = excluded.piece_count,
    counted_date = excluded.counted_date,
    batch = excluded.batch,
    line_number = excluded.line_number
where
    (excluded.counted_date, excluded.batch, excluded.line_number)
    > (kept.counted_date, kept.batch, kept.line_number);
