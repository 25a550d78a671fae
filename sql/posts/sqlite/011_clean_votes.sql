-- Have one row per delivered vote line, typed, or with the reason why it has none.
--
-- reads:  staging_votes
-- writes: clean_votes
-- grain:  one row per staged line
-- why:    the sender writes every value as text and promises nothing about it
-- differs: JSON is taken apart by other means; a wrong cast fails in PostgreSQL only

create temp table clean_votes as

with

-- "limit -1" keeps SQLite from computing what a step made once for each column.
judged_lines as (
    select
        batch,
        line_number,
        body as line_text,
        case
            when body is null then 'The line is not text.'
            -- Brackets first: what is too deep for the parser counts as no JSON.
            when
                length(body) > 1000
                and length(body)
                - length(replace(replace(body, '[', ''), '{', '')) > 1000
                and (
                    not json_valid(body)
                    or (
                        select count(*)
                        from json_tree(body)
                        where json_tree.type in ('array', 'object')
                    ) > 1000
                )
                then 'The line has more than 1,000 opening brackets.'
            when not json_valid(body) then 'The line is not JSON.'
            when json_type(body) <> 'object' then 'The line is JSON, but no object.'
            when
                instr(body, '\u') > 0
                and (
                    instr(replace(body, '\\', ''), '\u0000') > 0
                    -- Half a pair is read as U+FFFD, but it is not written as such.
                    or exists (
                        select 1
                        from json_tree(body)
                        where replace(
                            coalesce(json_tree.key, '')
                            || coalesce(json_tree.atom, ''),
                            char(65533), ''
                        ) glob '*' || char(65533) || '*'
                    )
                )
                then 'The line has an escape that is no character.'
        end as line_reason
    from staging_votes
    limit -1
),

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
            *,
            case when line_reason is null then line_text end as line
        from judged_lines
    ) as readable_lines
    where true
    limit -1
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
            -- Nearly all votes look like this, and to look closer takes five times as long.
            when
                typeof("Id") = 'text'
                and length("Id") between 1 and 18
                and "Id" not glob '*[^0-9]*'
                and typeof("PostId") = 'text'
                and length("PostId") between 1 and 18
                and "PostId" not glob '*[^0-9]*'
                and typeof("VoteTypeId") = 'text'
                and length("VoteTypeId") between 1 and 18
                and "VoteTypeId" not glob '*[^0-9]*'
                and "UserId" is null
                and "BountyAmount" is null
                and substr("CreationDate", 11) = 'T00:00:00.000'
                and date(substr("CreationDate", 1, 10), '+0 days')
                = substr("CreationDate", 1, 10)
                and "CreationDate" > '0001'
                then null
            else (
                select min(json_each.key || case json_each.key
                    when 'CreationDate' then ' is not a string with a day that exists.'
                    else ' is not a string of 1 to 18 digits.'
                end)
                from json_each(line)
                where case
                    when json_each.key not in (
                        'Id', 'PostId', 'VoteTypeId',
                        'UserId', 'BountyAmount', 'CreationDate'
                    ) then false
                    when json_each.type <> 'text' then json_each.type <> 'null'
                    when json_each.key = 'CreationDate'
                        then length(json_each.value) not in (10, 19, 21, 22, 23)
                        or json_each.value < '0001'
                        -- One that has the form and exists is the same when written.
                        or strftime(
                            '%Y-%m-%dT%H:%M:%f',
                            json_each.value
                            || substr('T00:00:00.000', length(json_each.value) - 9),
                            '+0 days'
                        ) is not json_each.value
                        || substr('T00:00:00.000', length(json_each.value) - 9)
                    else json_each.value glob '[^-0-9]*'
                        or substr(json_each.value, 2) glob '*[^0-9]*'
                        or length(ltrim(json_each.value, '-')) not between 1 and 18
                end
            )
        end as field_reason
    from fields
    where true
    limit -1
),

decided_lines as (
    select
        *,
        case
            when
                line is not null
                and (other_fields <> '{}' or field_reason is not null)
                and exists (
                    select 1
                    from json_tree(line)
                    group by json_tree.parent, json_tree.key
                    having count(*) > 1
                )
                then 'The line has a key twice.'
            else field_reason
        end as reason
    from judged_fields
    where true
    limit -1
)

select
    case when reason is null then cast("Id" as integer) end as vote_id,
    case when reason is null then cast("PostId" as integer) end as post_id,
    case when reason is null then cast("VoteTypeId" as integer) end as vote_type_id,
    case when reason is null then cast("UserId" as integer) end as user_id,

    case when reason is null then cast("BountyAmount" as integer) end as bounty_amount,
    case when reason is null then substr("CreationDate", 1, 10) end as vote_date,

    case
        when reason is null and other_fields <> '{}' then other_fields
    end as unknown_fields,
    reason,
    case when reason is not null then line_text end as rejected_body,

    batch,
    line_number
from decided_lines
where true;
