-- Have one row per delivered product, typed, or with the reason why it cannot be read.
--
-- reads:  staging_catalog
-- writes: clean_products
-- grain:  one row per staged line
-- why:    a file comes from a spreadsheet, and one wrong row must not keep out a day
-- differs: SQLite reads JSON by its own words, and knows a day by counting with it

create temp table clean_products as

with

-- "limit -1" keeps SQLite from computing what a step made once for each use of it.
tried_lines as (
    select
        batch,
        line_number,
        body,
        -- A batch of this job is named for its day.
        substr(batch, -10) as catalog_date,
        case
            when body is null then 'The line is not text.'
            when not json_valid(body) then 'The line is not JSON.'
            -- What a row of CSV becomes that does not fit its header.
            when json_type(body) = 'array'
                then 'The row has ' || json_array_length(body)
                || ' fields instead of 7.'
            when json_type(body) = 'text'
                then 'The row has a quote where none belongs.'
            when json_type(body) <> 'object' then 'The line is JSON, but no object.'
        end as fault
    from staging_catalog
    where true limit -1
),

fields as (
    select
        *,
        row ->> '$.brand' as brand,
        row ->> '$.category_id' as category_id,
        row ->> '$.comment' as comment,
        row ->> '$.currency' as currency,
        row ->> '$.description' as description,
        row ->> '$.image' as image,
        row ->> '$.year_release' as year_release
    from (
        select
            *,
            case when fault is null then body end as row
        from tried_lines
    ) as readable_lines
    where true limit -1
),

judged_products as (
    select
        *,
        case
            when fault is not null then fault
            when catalog_date is not date(catalog_date, '+0 days')
                then 'The batch is not named for a day.'
            when json_type(row, '$.brand') is not 'text'
                then 'brand is missing or not a string.'
            when json_type(row, '$.category_id') is not 'text'
                then 'category_id is missing or not a string.'
            when json_type(row, '$.comment') is not 'text'
                then 'comment is missing or not a string.'
            when json_type(row, '$.currency') is not 'text'
                then 'currency is missing or not a string.'
            when json_type(row, '$.description') is not 'text'
                then 'description is missing or not a string.'
            when json_type(row, '$.image') is not 'text'
                then 'image is missing or not a string.'
            when json_type(row, '$.year_release') is not 'text'
                then 'year_release is missing or not a string.'
            when year_release not glob '[0-9][0-9][0-9][0-9]'
                then 'year_release is not four digits.'
        end as reason
    from fields
    where true limit -1
)

select
    catalog_date,

    brand,
    category_id,
    comment,
    currency,
    description,
    -- The file has no other way to say that there is none.
    nullif(image, '') as image,
    cast(year_release as integer) as year_release,

    reason,
    case when reason is not null then body end as rejected_body,

    batch,
    line_number
from judged_products;
