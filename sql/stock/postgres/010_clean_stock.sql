-- Have one row per pushed count, typed, or with the reason why it cannot be read.
--
-- reads:  staging_stock
-- writes: clean_stock
-- grain:  one row per staged line
-- why:    shops write these files by hand; one wrong row must not keep out the others
-- differs: each dialect has its own words for JSON and for dates

create temp table clean_stock as

with

-- "offset 0" keeps PostgreSQL from computing a value once for each use of it.
tried_rows as (
    select
        batch,
        line_number,
        body,
        case
            when body is null then 'The row is not text.'
            -- Brackets first: a parser gives up where they are too many.
            when
                length(body) - length(replace(replace(body, '[', ''), '{', ''))
                > 1000
                then 'The row has more than 1,000 opening brackets.'
            when strpos(replace(body, '\\', ''), '\u') > 0
                then 'The row has a control character.'
            when body is not json object with unique keys
                then 'The row does not fit its header.'
            when
                jsonb_path_exists(body::jsonb, '$.* ? (@.type() <> "string")')
                then 'The row has a value that is not text.'
        end as fault
    from staging_stock
    offset 0
),

objects as (
    select
        *,
        case when fault is null then body::jsonb end as row
    from tried_rows
    offset 0
),

fields as (
    select
        *,
        row ->> 'shop_id' as shop_id,
        row ->> 'article_id' as article_id,
        row ->> 'counted_date' as counted_date,
        row ->> 'piece_count' as piece_count
    from objects
    offset 0
),

judged_rows as (
    select
        *,
        case
            when fault is not null then fault
            when coalesce(shop_id, '') = '' then 'shop_id is missing.'
            when coalesce(article_id, '') = '' then 'article_id is missing.'
            when
                counted_date is null
                or counted_date !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
                or not pg_input_is_valid(counted_date, 'date')
                then 'counted_date is not a day like 2021-04-03.'
            when piece_count is null or piece_count !~ '^[0-9]{1,18}$'
                then 'piece_count is not 1 to 18 digits.'
        end as reason
    from fields
    offset 0
)

select
    shop_id collate "C" as shop_id,
    article_id collate "C" as article_id,

    case when reason is null then piece_count::bigint end as piece_count,

    case when reason is null then counted_date::date end as counted_date,

    reason,
    case when reason is not null then body end as rejected_body,

    batch,
    line_number
from judged_rows;
