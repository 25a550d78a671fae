-- Have one row per delivered vote line, typed, or with the reason why it has none.
--
-- reads:  staging_votes, unreadable_lines
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
        || '(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?)?"$'
        as instant
),

-- "offset 0" keeps PostgreSQL from computing a reason once for each column.
judged_fields as (
    select
        staged.batch,
        staged.line_number,
        staged.body,
        line.*,
        case
            when unreadable_lines.reason is not null then unreadable_lines.reason
            when "CreationDate" is null then 'CreationDate is missing.'
            when "Id" is null then 'Id is missing.'
            when "PostId" is null then 'PostId is missing.'
            when "VoteTypeId" is null then 'VoteTypeId is missing.'
            -- Nearly all votes look so; a closer look takes five times as long.
            when
                concat(
                    "Id", "PostId", "VoteTypeId", "UserId", "BountyAmount",
                    left("CreationDate"::text, 11)
                ) ~ '^(?:"[0-9]+")+"[0-9]+-[0-9]+-[0-9]+$'
                and greatest(length("Id"::text), length("PostId"::text)) <= 20
                and length(concat("VoteTypeId", "UserId", "BountyAmount")) <= 20
                and "CreationDate"::text like '"____-__-__T00:00:00.000"'
                and pg_input_is_valid(substr("CreationDate"::text, 2, 10), 'date')
                then null
            when "BountyAmount"::text !~ whole_number
                then 'BountyAmount is not a string of 1 to 18 digits.'
            when "CreationDate"::text !~ instant
                or not pg_input_is_valid(btrim("CreationDate"::text, '"'), 'timestamp')
                then 'CreationDate is not a string with a day that exists.'
            when "Id"::text !~ whole_number
                then 'Id is not a string of 1 to 18 digits.'
            when "PostId"::text !~ whole_number
                then 'PostId is not a string of 1 to 18 digits.'
            when "UserId"::text !~ whole_number
                then 'UserId is not a string of 1 to 18 digits.'
            when "VoteTypeId"::text !~ whole_number
                then 'VoteTypeId is not a string of 1 to 18 digits.'
        end as reason
    from staging_votes as staged
    cross join forms
    left join unreadable_lines
        on unreadable_lines.feed = 'votes'
        and staged.batch = unreadable_lines.batch
        and staged.line_number = unreadable_lines.line_number
    cross join lateral json_to_record(
        case when unreadable_lines.reason is null then staged.body::json else '{}' end
    ) as line (
        "BountyAmount" json,
        "CreationDate" json,
        "Id" json,
        "PostId" json,
        "UserId" json,
        "VoteTypeId" json
    )
    offset 0
)

select
    case when reason is null then btrim("Id"::text, '"')::bigint end as vote_id,
    case when reason is null then btrim("PostId"::text, '"')::bigint end as post_id,
    case
        when reason is null then btrim("VoteTypeId"::text, '"')::bigint
    end as vote_type_id,
    case when reason is null then btrim("UserId"::text, '"')::bigint end as user_id,

    case
        when reason is null then btrim("BountyAmount"::text, '"')::bigint
    end as bounty_amount,
    case
        when reason is null then substr("CreationDate"::text, 2, 10)::date
    end as vote_date,

    case
        when
            reason is null
            -- Known keys with strings alone: four quotes for each, and no other.
            and (
                position('\' in body) > 0
                or octet_length(body) - octet_length(replace(body, '"', ''))
                <> 4 * num_nonnulls(
                    "Id", "PostId", "VoteTypeId",
                    "UserId", "BountyAmount", "CreationDate"
                )
            )
            then array(
                select entry.key
                from json_object_keys(body::json) as entry (key)
                where entry.key not in (
                    'Id', 'PostId', 'VoteTypeId',
                    'UserId', 'BountyAmount', 'CreationDate'
                )
            )
    end as unknown_keys,
    reason,
    case when reason is not null then body end as rejected_body,

    batch,
    line_number
from judged_fields;
