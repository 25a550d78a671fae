-- Write the ratings that are new, and those that were sent again later.
--
-- reads:  latest_ratings
-- writes: ratings
-- grain:  one row per rating_id
-- why:    a rating counts once, as the customer left it

insert into ratings as kept (
    rating_id,
    article_id,
    star_count,
    rated_date,
    batch,
    line_number
)
select
    rating_id,
    article_id,

    star_count,

    rated_date,

    batch,
    line_number
from latest_ratings
where true
on conflict (rating_id) do update set
    article_id = excluded.article_id,
    star_count = excluded.star_count,
    rated_date = excluded.rated_date,
    batch = excluded.batch,
    line_number = excluded.line_number
where (excluded.batch, excluded.line_number) > (kept.batch, kept.line_number);
