-- Have one row per pushed rating, typed, or with the reason why it cannot be read.
--
-- reads:  staging_ratings
-- writes: clean_ratings
-- grain:  one row per staged line
-- why:    the shop system changes now and then, and tells nobody

create temp table clean_ratings as

with

-- "limit -1" keeps SQLite from computing what a step made once for each use of it.
objects as (
    select
        batch,
        line_number,
        body,
        case
            when json_valid(body)
                then case when json_type(body) = 'object' then body end
        end as rating
    from staging_ratings
    where true limit -1
),

fields as (
    select
        *,
        rating ->> '$.rating_id' as rating_id,
        rating ->> '$.article_id' as article_id,
        rating ->> '$.rated_date' as rated_date,
        rating ->> '$.stars' as star_count
    from objects
    where true limit -1
),

judged_ratings as (
    select
        *,
        case
            when rating is null then 'The line is no object of JSON.'
            when coalesce(rating_id, '') = '' then 'rating_id is missing.'
            when coalesce(article_id, '') = '' then 'article_id is missing.'
            when
                rated_date is null
                or rated_date is not date(rated_date, '+0 days')
                then 'rated_date is not a day like 2021-04-03.'
            when
                json_type(rating, '$.stars') is not 'integer'
                or star_count not between 1 and 5
                then 'stars is not a whole number from 1 to 5.'
        end as reason
    from fields
    where true limit -1
)

select
    rating_id,
    article_id,

    star_count,

    rated_date,

    reason,
    case when reason is not null then body end as rejected_body,

    batch,
    line_number
from judged_ratings;
