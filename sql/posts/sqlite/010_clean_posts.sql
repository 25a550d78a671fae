-- Have one row per delivered post line, typed, or with the reason why it has none.
--
-- reads:  staging_posts
-- writes: clean_posts
-- grain:  one row per staged line
-- why:    the sender writes every value as text and promises nothing about it
-- differs: JSON is taken apart by other means; a wrong cast fails in PostgreSQL only

create temp table clean_posts as

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
    from staging_posts
    limit -1
),

fields as (
    select
        *,
        line ->> '$.Id' as "Id",
        line ->> '$.PostTypeId' as "PostTypeId",
        line ->> '$.ParentId' as "ParentId",
        line ->> '$.AcceptedAnswerId' as "AcceptedAnswerId",
        line ->> '$.OwnerUserId' as "OwnerUserId",
        line ->> '$.LastEditorUserId' as "LastEditorUserId",
        line ->> '$.OwnerDisplayName' as "OwnerDisplayName",
        line ->> '$.LastEditorDisplayName' as "LastEditorDisplayName",
        line ->> '$.Title' as "Title",
        line ->> '$.Tags' as "Tags",
        line ->> '$.Body' as "Body",
        -- The source writes this key wrong; should it ever be mended, both are read.
        coalesce(
            line ->> '$.ContentLIcense', line ->> '$.ContentLicense'
        ) as "ContentLicense",
        line ->> '$.Score' as "Score",
        line ->> '$.ViewCount' as "ViewCount",
        line ->> '$.AnswerCount' as "AnswerCount",
        line ->> '$.CommentCount' as "CommentCount",
        line ->> '$.FavoriteCount' as "FavoriteCount",
        line ->> '$.CreationDate' as "CreationDate",
        line ->> '$.LastEditDate' as "LastEditDate",
        line ->> '$.LastActivityDate' as "LastActivityDate",
        line ->> '$.ClosedDate' as "ClosedDate",
        line ->> '$.CommunityOwnedDate' as "CommunityOwnedDate",
        -- Of a key that stands twice it takes the first, and the second is left.
        json_remove(
            line,
            '$.Id', '$.PostTypeId', '$.ParentId', '$.AcceptedAnswerId',
            '$.OwnerUserId', '$.LastEditorUserId', '$.OwnerDisplayName',
            '$.LastEditorDisplayName', '$.Title', '$.Tags', '$.Body',
            '$.ContentLIcense', '$.ContentLicense', '$.Score', '$.ViewCount',
            '$.AnswerCount', '$.CommentCount', '$.FavoriteCount', '$.CreationDate',
            '$.LastEditDate', '$.LastActivityDate', '$.ClosedDate',
            '$.CommunityOwnedDate'
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
            when "PostTypeId" is null then 'PostTypeId is missing.'
            else (
                select min(json_each.key || case
                    when json_each.key glob '*Date'
                        then ' is not a string with a time that exists.'
                    when json_each.key in (
                        'OwnerDisplayName', 'LastEditorDisplayName', 'Title', 'Tags',
                        'Body', 'ContentLIcense', 'ContentLicense'
                    ) then ' is not a string.'
                    else ' is not a string of 1 to 18 digits.'
                end)
                from json_each(line)
                where case
                    when json_each.key not in (
                        'Id', 'PostTypeId', 'ParentId', 'AcceptedAnswerId',
                        'OwnerUserId', 'LastEditorUserId', 'OwnerDisplayName',
                        'LastEditorDisplayName', 'Title', 'Tags', 'Body',
                        'ContentLIcense', 'ContentLicense', 'Score', 'ViewCount',
                        'AnswerCount', 'CommentCount', 'FavoriteCount',
                        'CreationDate', 'LastEditDate', 'LastActivityDate',
                        'ClosedDate', 'CommunityOwnedDate'
                    ) then false
                    when json_each.type <> 'text' then json_each.type <> 'null'
                    when json_each.key in (
                        'OwnerDisplayName', 'LastEditorDisplayName', 'Title', 'Tags',
                        'Body', 'ContentLIcense', 'ContentLicense'
                    ) then false
                    when json_each.key glob '*Date'
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
    case when reason is null then cast("Id" as integer) end as post_id,
    case when reason is null then cast("PostTypeId" as integer) end as post_type_id,
    case when reason is null then cast("ParentId" as integer) end as parent_id,
    case
        when reason is null then cast("AcceptedAnswerId" as integer)
    end as accepted_answer_id,
    case when reason is null then cast("OwnerUserId" as integer) end as owner_user_id,
    case
        when reason is null then cast("LastEditorUserId" as integer)
    end as last_editor_user_id,

    case when reason is null then "OwnerDisplayName" end as owner_display_name,
    case
        when reason is null then "LastEditorDisplayName"
    end as last_editor_display_name,
    case when reason is null then "Title" end as title,
    case when reason is null then "Tags" end as tags,
    case when reason is null then "Body" end as body,
    case when reason is null then "ContentLicense" end as content_license,
    case when reason is null then cast("Score" as integer) end as score,
    case when reason is null then cast("ViewCount" as integer) end as view_count,
    case when reason is null then cast("AnswerCount" as integer) end as answer_count,
    case when reason is null then cast("CommentCount" as integer) end as comment_count,
    case
        when reason is null then cast("FavoriteCount" as integer)
    end as favorite_count,

    case
        when reason is null
            then "CreationDate"
            || substr('T00:00:00.000Z', length("CreationDate") - 9)
    end as created_at,
    case
        when reason is null
            then "LastEditDate"
            || substr('T00:00:00.000Z', length("LastEditDate") - 9)
    end as last_edited_at,
    -- A post that nothing happened to since was last active when it was made.
    case
        when reason is null
            then coalesce("LastActivityDate", "CreationDate") || substr(
                'T00:00:00.000Z',
                length(coalesce("LastActivityDate", "CreationDate")) - 9
            )
    end as last_activity_at,
    case
        when reason is null
            then "ClosedDate"
            || substr('T00:00:00.000Z', length("ClosedDate") - 9)
    end as closed_at,
    case
        when reason is null
            then "CommunityOwnedDate"
            || substr('T00:00:00.000Z', length("CommunityOwnedDate") - 9)
    end as community_owned_at,

    case
        when reason is null and other_fields <> '{}' then other_fields
    end as unknown_fields,
    reason,
    case when reason is not null then line_text end as rejected_body,

    batch,
    line_number
from decided_lines
where true;
