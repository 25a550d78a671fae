-- Keep the last copy of each rating.
--
-- reads:  clean_ratings
-- writes: latest_ratings
-- grain:  one row per rating_id
-- why:    a customer may change a rating, which is then sent again

create temp table latest_ratings as

with

ranked as (
    select
        *,
        row_number() over (
            partition by rating_id
            order by batch desc, line_number desc
        ) as copy_number
    from clean_ratings
    where reason is null
)

select
    rating_id,
    article_id,

    star_count,

    rated_date,

    batch,
    line_number
from ranked
where copy_number = 1;
