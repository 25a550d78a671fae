-- Have one row per delivered vote line, typed, or with the reason why it has none.
--
-- reads:  staging_votes, unreadable_lines
-- writes: clean_votes
-- grain:  one row per staged line
-- why:    the sender writes every value as text and promises nothing about it
-- differs: BigQuery has no keys and kinds of JSON, so its text is cut into words

create or replace temp table clean_votes as

with

readable_lines as (
    select
        staged.batch,
        staged.line_number,
        staged.body,
        unreadable_lines.reason as line_reason,
        case when unreadable_lines.reason is null then staged.body end as line_text
    from staging_votes as staged
    left join unreadable_lines
        on unreadable_lines.feed = 'votes'
        and staged.batch = unreadable_lines.batch
        and staged.line_number = unreadable_lines.line_number
),

-- The keys of the line itself, each with the first word of its value.
keyed_lines as (
    select
        *,
        array(
            select as struct
                json_value(safe.parse_json(word)) as name,
                value_word
            from (
                select
                    word,
                    lead(word) over (order by word_offset) as next_word,
                    lead(word, 2) over (order by word_offset) as value_word,
                    sum(case
                        when word in ('{', '[') then 1
                        when word in ('}', ']') then -1
                        else 0
                    end) over (order by word_offset) as depth
                from unnest(
                    regexp_extract_all(
                        line_text, r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s"\[\]{}:,]+'
                    )
                ) as word with offset as word_offset
            ) as words
            where depth = 1 and next_word = ':'
        ) as line_fields
    from readable_lines
),

judged_lines as (
    select
        batch,
        line_number,
        body,
        line_text,
        array(
            select field.name
            from unnest(line_fields) as field
            where field.name not in (
                'Id', 'PostId', 'VoteTypeId', 'UserId', 'BountyAmount', 'CreationDate'
            )
        ) as unknown_keys,
        (
            select case
                when line_reason is not null then line_reason
                when countif(name = 'CreationDate') = 0 then 'CreationDate is missing.'
                when countif(name = 'Id') = 0 then 'Id is missing.'
                when countif(name = 'PostId') = 0 then 'PostId is missing.'
                when countif(name = 'VoteTypeId') = 0 then 'VoteTypeId is missing.'
                else min(concat(name, case
                    when name = 'CreationDate' then case
                        when
                            value is null
                            or not regexp_contains(
                                value,
                                concat(
                                    r'^[0-9]{4}-[0-9]{2}-[0-9]{2}',
                                    r'(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]',
                                    r'(?:\.[0-9]{3})?)?$'
                                )
                            )
                            or value < '0001'
                            or safe_cast(substr(value, 1, 10) as date) is null
                            then ' is not a string with a day that exists.'
                    end
                    when name in (
                        'Id', 'PostId', 'VoteTypeId', 'UserId', 'BountyAmount'
                    ) then case
                        when
                            value is null
                            or not regexp_contains(value, r'^-?[0-9]{1,18}$')
                            then ' is not a string of 1 to 18 digits.'
                    end
                end))
            end
            from (
                select
                    field.name,
                    case
                        when starts_with(field.value_word, '"')
                            then json_value(safe.parse_json(field.value_word))
                    end as value
                from unnest(line_fields) as field
                where field.value_word <> 'null'
            ) as present_fields
        ) as reason
    from keyed_lines
),

parsed_lines as (
    select
        *,
        -- Nothing is cast unless it has been found right.
        case
            when reason is null
                then safe.parse_json(line_text, wide_number_mode => 'round')
        end as line
    from judged_lines
)

select
    cast(json_value(line, '$.Id') as int64) as vote_id,
    cast(json_value(line, '$.PostId') as int64) as post_id,
    cast(json_value(line, '$.VoteTypeId') as int64) as vote_type_id,
    cast(json_value(line, '$.UserId') as int64) as user_id,

    cast(json_value(line, '$.BountyAmount') as int64) as bounty_amount,
    cast(substr(json_value(line, '$.CreationDate'), 1, 10) as date) as vote_date,

    unknown_keys,
    reason,
    case when reason is not null then body end as rejected_body,

    batch,
    line_number
from parsed_lines;
