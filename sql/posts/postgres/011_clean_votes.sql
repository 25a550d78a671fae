-- Have one row per delivered vote line, typed, or with the reason why it has none.
--
-- reads:  staging_votes
-- writes: clean_votes
-- grain:  one row per staged line
-- why:    the sender writes every value as text and promises nothing about it
-- differs: JSON is taken apart by other means; a wrong cast fails in PostgreSQL only

create temp table clean_votes as

with

forms as (
    select
        '^"-?[0-9]{1,18}"$' as whole_number,
        '^"[0-9]{4}-[0-9]{2}-[0-9]{2}'
        || '(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?)?"$' as instant
),

-- "offset 0" keeps PostgreSQL from computing what a step made once for each column.
counted_lines as (
    select
        batch,
        line_number,
        body as line_text,
        -- No backslash, and four quotes for each ":" are the sign of a plain line: if it
        -- is an object, then each of its values is a string. So are nearly all votes.
        case
            when
                position('\' in body) = 0
                and octet_length(body) - octet_length(replace(body, '"', ''))
                = 4 * (octet_length(body) - octet_length(replace(body, '":"', ''))) / 3
                then (octet_length(body) - octet_length(replace(body, '":"', ''))) / 3
        end as plain_field_count
    from staging_votes
    offset 0
),

judged_lines as (
    select
        *,
        case
            when line_text is null then 'The line is not text.'
            -- Brackets first: the parser gives up with an error on a line too deep.
            when
                octet_length(line_text) > 1000
                and octet_length(line_text)
                - octet_length(replace(replace(line_text, '[', ''), '{', '')) > 1000
                and (
                    regexp_count(
                        regexp_replace(
                            line_text, '"(?:[^"\\]|\\.)*(?:"|\\?$)', '', 'g'
                        ),
                        '[[{]'
                    ) > 1000
                    or line_text is not json
                )
                then 'The line has more than 1,000 opening brackets.'
            when plain_field_count > 0 and line_text is json object then null
            -- False also for an escape that is no character.
            when line_text is json object with unique keys then null
            when line_text is not json then 'The line is not JSON.'
            when line_text is not json object then 'The line is JSON, but no object.'
            when
                regexp_replace(
                    line_text, '\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..', '-', 'g'
                ) ~ '\\u(0000|[dD][89a-fA-F])'
                then 'The line has an escape that is no character.'
            else 'The line has a key twice.'
        end as line_reason
    from counted_lines
    offset 0
),

parsed_lines as (
    select
        *,
        case
            when line_reason is not null then null
            when plain_field_count > 0 or pg_input_is_valid(line_text, 'jsonb')
                then line_text::jsonb
            -- A number too large for jsonb is cut: it counts only as being no string.
            else regexp_replace(
                line_text,
                '("(?:[^"\\]|\\.)*")|([0-9]{1,9})[0-9]*([eE][-+]?[0-9]+)?', '\1\2', 'g'
            )::jsonb
        end as line
    from judged_lines
    offset 0
),

fields as (
    select
        *,
        nullif((line -> 'Id')::text, 'null') as id,
        nullif((line -> 'PostId')::text, 'null') as post_id,
        nullif((line -> 'VoteTypeId')::text, 'null') as vote_type_id,
        nullif((line -> 'UserId')::text, 'null') as user_id,
        nullif((line -> 'BountyAmount')::text, 'null') as bounty_amount,
        nullif((line -> 'CreationDate')::text, 'null') as creation_date
    from parsed_lines
    offset 0
),

counted_fields as (
    select
        *,
        -- Another number than that of the plain fields: keys are unknown, or stand twice.
        plain_field_count is distinct from num_nonnulls(
            id, post_id, vote_type_id, user_id, bounty_amount, creation_date
        ) as may_have_more
    from fields
    offset 0
),

judged_fields as (
    select
        *,
        case
            when line_reason is not null then line_reason
            when may_have_more and line_text is not json with unique keys
                then 'The line has a key twice.'
            when creation_date is null then 'CreationDate is missing.'
            when id is null then 'Id is missing.'
            when post_id is null then 'PostId is missing.'
            when vote_type_id is null then 'VoteTypeId is missing.'
            when bounty_amount !~ whole_number
                then 'BountyAmount is not a string of 1 to 18 digits.'
            when creation_date !~ instant
                or not pg_input_is_valid(btrim(creation_date, '"'), 'timestamp')
                then 'CreationDate is not a string with a day that exists.'
            when id !~ whole_number
                then 'Id is not a string of 1 to 18 digits.'
            when post_id !~ whole_number
                then 'PostId is not a string of 1 to 18 digits.'
            when user_id !~ whole_number
                then 'UserId is not a string of 1 to 18 digits.'
            when vote_type_id !~ whole_number
                then 'VoteTypeId is not a string of 1 to 18 digits.'
        end as reason
    from counted_fields
    cross join forms
    offset 0
)

select
    case when reason is null then btrim(id, '"')::bigint end as vote_id,
    case when reason is null then btrim(post_id, '"')::bigint end as post_id,
    case when reason is null then btrim(vote_type_id, '"')::bigint end as vote_type_id,
    case when reason is null then btrim(user_id, '"')::bigint end as user_id,

    case when reason is null then btrim(bounty_amount, '"')::bigint end as bounty_amount,
    case when reason is null then substr(creation_date, 2, 10)::date end as vote_date,

    case
        when reason is null and may_have_more then nullif(
            array(
                select entry.key
                from json_object_keys(line_text::json) as entry (key)
                where entry.key not in (
                    'Id', 'PostId', 'VoteTypeId',
                    'UserId', 'BountyAmount', 'CreationDate'
                )
            ),
            '{}'
        )
    end as unknown_keys,
    reason,
    case when reason is not null then line_text end as rejected_body,

    batch,
    line_number
from judged_fields;
