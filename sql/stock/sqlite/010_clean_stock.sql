-- Have one row per pushed count, typed, or with the reason why it cannot be read.
--
-- reads:  staging_stock
-- writes: clean_stock
-- grain:  one row per staged line
-- why:    shops write these files by hand; one wrong row must not keep out the others
-- differs: each dialect has its own words for JSON and for dates

create temp table clean_stock as

with

-- "limit -1" keeps SQLite from computing what a step made once for each use of it.
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
            when instr(replace(body, '\\', ''), '\u') > 0
                then 'The row has a control character.'
            when not json_valid(body) then 'The row does not fit its header.'
            when json_type(body) <> 'object' then 'The row does not fit its header.'
            when
                (select count(*) <> count(distinct json_each.key) from json_each(body))
                then 'The row does not fit its header.'
            when
                exists (select 1 from json_each(body) where json_each.type <> 'text')
                then 'The row has a value that is not text.'
        end as fault
    from staging_stock
    where true limit -1
),

fields as (
    select
        *,
        row ->> '$.shop_id' as shop_id,
        row ->> '$.article_id' as article_id,
        row ->> '$.counted_date' as counted_date,
        row ->> '$.piece_count' as piece_count
    from (
        select
            *,
            case when fault is null then body end as row
        from tried_rows
    ) as readable_rows
    where true limit -1
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
                or counted_date is not date(counted_date, '+0 days')
                then 'counted_date is not a day like 2021-04-03.'
            when
                piece_count is null
                or piece_count = ''
                or piece_count glob '*[^0-9]*'
                or length(piece_count) > 18
                then 'piece_count is not 1 to 18 digits.'
        end as reason
    from fields
    where true limit -1
)

select
    shop_id,
    article_id,

    case when reason is null then cast(piece_count as integer) end as piece_count,

    counted_date,

    reason,
    case when reason is not null then body end as rejected_body,

    batch,
    line_number
from judged_rows;
