-- Have one row per delivered product, typed, or with the reason why it cannot be read.
--
-- reads:  staging_catalog
-- writes: clean_products
-- grain:  one row per staged line
-- why:    a file comes from a spreadsheet, and one wrong row must not keep out a day
-- differs: SQLite reads JSON by its own words, and knows a day by counting with it

create or replace temp table clean_products as

with

tried_lines as (
    select
        batch,
        line_number,
        body,
        -- A batch of this job is named for its day.
        substr(batch, -10) as day_text,
        safe.parse_json(body, wide_number_mode => 'round') is not null as is_json,
        -- By its first character: an array, a text, an object, or something else.
        regexp_extract(body, r'^\s*(.)') as first_character
    from staging_catalog
),

judged_lines as (
    select
        *,
        case
            when body is null then 'The line is not text.'
            when not is_json then 'The line is not JSON.'
            -- What a row of CSV becomes that does not fit its header.
            when first_character = '['
                then concat(
                    'The row has ',
                    cast(
                        array_length(
                            json_query_array(safe.parse_json(body), '$')
                        ) as string
                    ),
                    ' fields instead of 7.'
                )
            when first_character = '"'
                then 'The row has a quote where none belongs.'
            when first_character <> '{' then 'The line is JSON, but no object.'
        end as fault
    from tried_lines
),

fields as (
    select
        *,
        json_value(row_text, '$.brand') as brand,
        json_value(row_text, '$.category_id') as category_id,
        json_value(row_text, '$.comment') as comment,
        json_value(row_text, '$.currency') as currency,
        json_value(row_text, '$.description') as description,
        json_value(row_text, '$.image') as image,
        json_value(row_text, '$.year_release') as year_release
    from (
        select
            *,
            case when fault is null then body end as row_text,
            case
                when regexp_contains(day_text, r'^[0-9]{4}-[0-9]{2}-[0-9]{2}$')
                    then safe_cast(day_text as date)
            end as catalog_date
        from judged_lines
    ) as readable_lines
),

judged_products as (
    select
        *,
        case
            when fault is not null then fault
            when catalog_date is null then 'The batch is not named for a day.'
            when starts_with(json_query(row_text, '$.brand'), '"') is not true
                then 'brand is missing or not a string.'
            when starts_with(json_query(row_text, '$.category_id'), '"') is not true
                then 'category_id is missing or not a string.'
            when starts_with(json_query(row_text, '$.comment'), '"') is not true
                then 'comment is missing or not a string.'
            when starts_with(json_query(row_text, '$.currency'), '"') is not true
                then 'currency is missing or not a string.'
            when starts_with(json_query(row_text, '$.description'), '"') is not true
                then 'description is missing or not a string.'
            when starts_with(json_query(row_text, '$.image'), '"') is not true
                then 'image is missing or not a string.'
            when starts_with(json_query(row_text, '$.year_release'), '"') is not true
                then 'year_release is missing or not a string.'
            when not regexp_contains(year_release, r'^[0-9]{4}$')
                then 'year_release is not four digits.'
        end as reason
    from fields
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
    cast(case when reason is null then year_release end as int64) as year_release,

    reason,
    case when reason is not null then body end as rejected_body,

    batch,
    line_number
from judged_products;
