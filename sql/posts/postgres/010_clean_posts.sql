-- Have one row per delivered post line, typed, or with the reason why it has none.
--
-- reads:  staging_posts, unreadable_lines
-- writes: clean_posts
-- grain:  one row per staged line
-- why:    the sender writes every value as text and promises nothing about it
-- differs: JSON is taken apart by other means; a wrong cast fails in PostgreSQL only

create temp table clean_posts as

with

forms as (
    select
        '^-?[0-9]{1,18}$' as whole_number,
        '^[0-9]{4}-[0-9]{2}-[0-9]{2}'
        || '(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?)?$'
        as instant
),

judged_lines as (
    select
        staged.batch,
        staged.line_number,
        staged.body,
        fields.unknown_keys,
        case
            when unreadable_lines.reason is not null then unreadable_lines.reason
            when not 'CreationDate' = any(fields.keys) then 'CreationDate is missing.'
            when not 'Id' = any(fields.keys) then 'Id is missing.'
            when not 'PostTypeId' = any(fields.keys) then 'PostTypeId is missing.'
            else fields.fault
        end as reason
    from staging_posts as staged
    cross join forms
    left join unreadable_lines
        on unreadable_lines.feed = 'posts'
        and staged.batch = unreadable_lines.batch
        and staged.line_number = unreadable_lines.line_number
    cross join lateral (
        select
            coalesce(array_agg(key) filter (where type <> 'null'), '{}') as keys,
            array_agg(key) filter (where kind = 'unknown') as unknown_keys,
            min(key || case
                when type = 'null' then null
                when kind = 'text' and type <> 'string' then ' is not a string.'
                when kind = 'instant' and (
                    type <> 'string'
                    or value !~ instant
                    or not pg_input_is_valid(value, 'timestamp')
                ) then ' is not a string with a time that exists.'
                when kind = 'number' and (type <> 'string' or value !~ whole_number)
                    then ' is not a string of 1 to 18 digits.'
            end collate "C") as fault
        from (
            select
                entry.key,
                json_typeof(entry.value) as type,
                entry.value #>> '{}' as value,
                case
                    when entry.key in (
                        'OwnerDisplayName', 'LastEditorDisplayName', 'Title', 'Tags',
                        'Body', 'ContentLIcense', 'ContentLicense'
                    ) then 'text'
                    when entry.key in (
                        'CreationDate', 'LastEditDate', 'LastActivityDate',
                        'ClosedDate', 'CommunityOwnedDate'
                    ) then 'instant'
                    when entry.key in (
                        'Id', 'PostTypeId', 'ParentId', 'AcceptedAnswerId',
                        'OwnerUserId', 'LastEditorUserId', 'Score', 'ViewCount',
                        'AnswerCount', 'CommentCount', 'FavoriteCount'
                    ) then 'number'
                    else 'unknown'
                end as kind
            from json_each(
                case when unreadable_lines.reason is null then staged.body::json end
            ) as entry
        ) as entries
    ) as fields
    -- Else PostgreSQL computes the reason once for each use of it.
    offset 0
)

select
    line."Id" as post_id,
    line."PostTypeId" as post_type_id,
    line."ParentId" as parent_id,
    line."AcceptedAnswerId" as accepted_answer_id,
    line."OwnerUserId" as owner_user_id,
    line."LastEditorUserId" as last_editor_user_id,

    line."OwnerDisplayName" as owner_display_name,
    line."LastEditorDisplayName" as last_editor_display_name,
    line."Title" as title,
    line."Tags" as tags,
    line."Body" as body,
    -- The source writes this key wrong; should it ever be mended, both are read.
    coalesce(line."ContentLIcense", line."ContentLicense") as content_license,
    line."Score" as score,
    line."ViewCount" as view_count,
    line."AnswerCount" as answer_count,
    line."CommentCount" as comment_count,
    line."FavoriteCount" as favorite_count,

    line."CreationDate" at time zone 'UTC' as created_at,
    line."LastEditDate" at time zone 'UTC' as last_edited_at,
    -- A post that nothing happened to since was last active when it was made.
    coalesce(line."LastActivityDate", line."CreationDate")
    at time zone 'UTC' as last_activity_at,
    line."ClosedDate" at time zone 'UTC' as closed_at,
    line."CommunityOwnedDate" at time zone 'UTC' as community_owned_at,

    judged.unknown_keys,
    judged.reason,
    case when judged.reason is not null then judged.body end as rejected_body,

    judged.batch,
    judged.line_number
from judged_lines as judged
-- Nothing is cast unless it has been found right.
cross join lateral json_to_record(
    case when judged.reason is null then judged.body::json else '{}' end
) as line (
    "Id" bigint,
    "PostTypeId" bigint,
    "ParentId" bigint,
    "AcceptedAnswerId" bigint,
    "OwnerUserId" bigint,
    "LastEditorUserId" bigint,
    "OwnerDisplayName" text,
    "LastEditorDisplayName" text,
    "Title" text,
    "Tags" text,
    "Body" text,
    "ContentLIcense" text,
    "ContentLicense" text,
    "Score" bigint,
    "ViewCount" bigint,
    "AnswerCount" bigint,
    "CommentCount" bigint,
    "FavoriteCount" bigint,
    "CreationDate" timestamp,
    "LastEditDate" timestamp,
    "LastActivityDate" timestamp,
    "ClosedDate" timestamp,
    "CommunityOwnedDate" timestamp
);
