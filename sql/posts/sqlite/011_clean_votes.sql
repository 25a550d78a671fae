-- Have one row per delivered vote line, typed, or with the reason why it has none.
--
-- reads:  staging_votes, unreadable_lines
-- writes: clean_votes
-- grain:  one row per staged line
-- why:    the sender writes every value as text and promises nothing about it
-- differs: JSON is taken apart by other means; a wrong cast fails in PostgreSQL only

create temp table clean_votes as

with

-- "limit -1" keeps SQLite from computing what a step made once for each column.
fields as (
    select
        *,
        line ->> '$.Id' as "Id",
        line ->> '$.PostId' as "PostId",
        line ->> '$.VoteTypeId' as "VoteTypeId",
        line ->> '$.UserId' as "UserId",
        line ->> '$.BountyAmount' as "BountyAmount",
        line ->> '$.CreationDate' as "CreationDate",
        -- Of a key that stands twice it takes the first, and the second is left.
        json_remove(
            line, '$.Id', '$.PostId', '$.VoteTypeId',
            '$.UserId', '$.BountyAmount', '$.CreationDate'
        ) as other_fields
    from (
        select
            staged.batch,
            staged.line_number,
            staged.body as line_text,
            unreadable_lines.reason as line_reason,
            case when unreadable_lines.reason is null then staged.body end as line
        from staging_votes as staged
        left join unreadable_lines
            on unreadable_lines.feed = 'votes'
            and staged.batch = unreadable_lines.batch
            and staged.line_number = unreadable_lines.line_number
    ) as lines
    where true limit -1
),

judged_fields as (
    select
        *,
        case
            when line_reason is not null then line_reason
            when "CreationDate" is null then 'CreationDate is missing.'
            when "Id" is null then 'Id is missing.'
            when "PostId" is null then 'PostId is missing.'
            when "VoteTypeId" is null then 'VoteTypeId is missing.'
            -- Nearly all votes look so; a closer look takes five times as long.
            when
                -- Numbers and the empty text come before '0'.
                min("Id", "PostId", "VoteTypeId") >= '0'
                and "Id" || "PostId" || "VoteTypeId" not glob '*[^0-9]*'
                and max(length("Id"), length("PostId"), length("VoteTypeId")) <= 18
                and coalesce("UserId", "BountyAmount") is null
                and "CreationDate" > '0001'
                and date("CreationDate", '+0 days') || 'T00:00:00.000' = "CreationDate"
                then null
            else (
                select min(key || case
                    when type = 'null' then null
                    when key in (select key from json_each(other_fields)) then null
                    when key = 'CreationDate' then case
                        -- One that has the form and exists is the same when written.
                        when
                            type <> 'text' or value < '0001' or coalesce(value not in (
                                date(value, '+0 days'),
                                strftime('%Y-%m-%dT%H:%M:%S', value, '+0 days'),
                                strftime('%Y-%m-%dT%H:%M:%f', value, '+0 days')
                            ), true)
                            then ' is not a string with a day that exists.'
                    end
                    when
                        type <> 'text'
                        or value glob '[^-0-9]*'
                        or substr(value, 2) glob '*[^0-9]*'
                        or length(ltrim(value, '-')) not between 1 and 18
                        then ' is not a string of 1 to 18 digits.'
                end)
                from json_each(line)
            )
        end as field_reason
    from fields
    where true limit -1
),

decided_lines as (
    select
        *,
        case
            when (other_fields <> '{}' or field_reason is not null) and exists (
                select 1
                from json_tree(line)
                group by json_tree.parent, json_tree.key
                having count(*) > 1
            ) then 'The line has a key twice.'
            else field_reason
        end as reason
    from judged_fields
    where true limit -1
)

-- A line with a reason is read no further, whatever else stands in its row.
select
    cast("Id" as integer) as vote_id,
    cast("PostId" as integer) as post_id,
    cast("VoteTypeId" as integer) as vote_type_id,
    cast("UserId" as integer) as user_id,

    cast("BountyAmount" as integer) as bounty_amount,
    substr("CreationDate", 1, 10) as vote_date,

    nullif(other_fields, '{}') as unknown_fields,
    reason,
    case when reason is not null then line_text end as rejected_body,

    batch,
    line_number
from decided_lines
where true;
