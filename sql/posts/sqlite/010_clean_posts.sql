-- Have one row per delivered post line, typed, or with the reason why it has none.
--
-- reads:  staging_posts, unreadable_lines
-- writes: clean_posts
-- grain:  one row per staged line
-- why:    the sender writes every value as text and promises nothing about it
-- differs: JSON is taken apart by other means; a wrong cast fails in PostgreSQL only

create temp table clean_posts as

with

-- "limit -1" keeps SQLite from computing what a step made once for each column.
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
        coalesce(line ->> '$.ContentLIcense', line ->> '$.ContentLicense')
        as "ContentLicense",
        line ->> '$.Score' as "Score",
        line ->> '$.ViewCount' as "ViewCount",
        line ->> '$.AnswerCount' as "AnswerCount",
        line ->> '$.CommentCount' as "CommentCount",
        line ->> '$.FavoriteCount' as "FavoriteCount",
        line ->> '$.CreationDate' as "CreationDate",
        line ->> '$.LastEditDate' as "LastEditDate",
        -- A post that nothing happened to since was last active when it was made.
        coalesce(line ->> '$.LastActivityDate', line ->> '$.CreationDate')
        as "LastActivityDate",
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
            staged.batch,
            staged.line_number,
            staged.body as line_text,
            unreadable_lines.reason as line_reason,
            case when unreadable_lines.reason is null then staged.body end as line
        from staging_posts as staged
        left join unreadable_lines
            on unreadable_lines.feed = 'posts'
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
            when "PostTypeId" is null then 'PostTypeId is missing.'
            else (
                select min(key || case
                    when type = 'null' then null
                    when key in (select key from json_each(other_fields)) then null
                    when key in (
                        'OwnerDisplayName', 'LastEditorDisplayName', 'Title', 'Tags',
                        'Body', 'ContentLIcense', 'ContentLicense'
                    ) then case when type <> 'text' then ' is not a string.' end
                    when key glob '*Date' then case
                        -- One that has the form and exists is the same when written.
                        when
                            type <> 'text' or value < '0001' or coalesce(value not in (
                                date(value, '+0 days'),
                                strftime('%Y-%m-%dT%H:%M:%S', value, '+0 days'),
                                strftime('%Y-%m-%dT%H:%M:%f', value, '+0 days')
                            ), true)
                            then ' is not a string with a time that exists.'
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
    cast("Id" as integer) as post_id,
    cast("PostTypeId" as integer) as post_type_id,
    cast("ParentId" as integer) as parent_id,
    cast("AcceptedAnswerId" as integer) as accepted_answer_id,
    cast("OwnerUserId" as integer) as owner_user_id,
    cast("LastEditorUserId" as integer) as last_editor_user_id,

    "OwnerDisplayName" as owner_display_name,
    "LastEditorDisplayName" as last_editor_display_name,
    "Title" as title,
    "Tags" as tags,
    "Body" as body,
    "ContentLicense" as content_license,
    cast("Score" as integer) as score,
    cast("ViewCount" as integer) as view_count,
    cast("AnswerCount" as integer) as answer_count,
    cast("CommentCount" as integer) as comment_count,
    cast("FavoriteCount" as integer) as favorite_count,

    strftime('%Y-%m-%dT%H:%M:%fZ', "CreationDate") as created_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', "LastEditDate") as last_edited_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', "LastActivityDate") as last_activity_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', "ClosedDate") as closed_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', "CommunityOwnedDate") as community_owned_at,

    nullif(other_fields, '{}') as unknown_fields,
    reason,
    case when reason is not null then line_text end as rejected_body,

    batch,
    line_number
from decided_lines
where true;

-- Finds the line that a later step wants; PostgreSQL hashes them.
create index temp.clean_posts_by_line on clean_posts (batch, line_number);
