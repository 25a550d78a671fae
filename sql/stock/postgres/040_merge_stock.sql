-- Write each count that is later than the one that is there.
--
-- reads:  latest_stock
-- writes: stock
-- grain:  one row per shop_id and article_id
-- why:    a file that comes late must not undo a newer count
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

merge into stock as kept

using latest_stock as latest
on
    kept.shop_id = latest.shop_id
    and kept.article_id = latest.article_id

when
    matched
    and (latest.counted_date, latest.batch, latest.line_number)
    > (kept.counted_date, kept.batch, kept.line_number)
    then update set
        piece_count = latest.piece_count,
        counted_date = latest.counted_date,
        batch = latest.batch,
        line_number = latest.line_number

when not matched then insert (
    shop_id,
    article_id,
    piece_count,
    counted_date,
    batch,
    line_number
)
values (
    latest.shop_id,
    latest.article_id,
    latest.piece_count,
    latest.counted_date,
    latest.batch,
    latest.line_number
);
