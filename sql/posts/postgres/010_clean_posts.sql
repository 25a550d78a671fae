-- Have one row per delivered post line, typed, or with the reason why it has none.
--
-- reads:  staging_posts
-- writes: clean_posts
-- grain:  one row per staged line
-- why:    the sender writes every value as text and promises nothing about it
-- differs: JSON is taken apart by other means; a wrong cast fails in PostgreSQL only

create temp table clean_posts as

with

forms as (
    select
        '^"-?[0-9]{1,18}"$' as whole_number,
        '^"[0-9]{4}-[0-9]{2}-[0-9]{2}'
        || '(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?)?"$' as instant
),

-- "offset 0" keeps PostgreSQL from computing what a step made once for each column.
judged_lines as (
    select
        batch,
        line_number,
        body as line_text,
        case
            when body is null then 'The line is not text.'
            -- Brackets first: the parser gives up with an error on a line too deep.
            when
                octet_length(body) > 1000
                and octet_length(body)
                - octet_length(replace(replace(body, '[', ''), '{', '')) > 1000
                and (
                    regexp_count(
                        regexp_replace(body, '"(?:[^"\\]|\\.)*(?:"|\\?$)', '', 'g'),
                        '[[{]'
                    ) > 1000
                    or body is not json
                )
                then 'The line has more than 1,000 opening brackets.'
            -- False also for an escape that is no character.
            when body is json object with unique keys then null
            when body is not json then 'The line is not JSON.'
            when body is not json object then 'The line is JSON, but no object.'
            when
                regexp_replace(
                    body, '\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..', '-', 'g'
                ) ~ '\\u(0000|[dD][89a-fA-F])'
                then 'The line has an escape that is no character.'
            else 'The line has a key twice.'
        end as line_reason
    from staging_posts
    offset 0
),

judged_fields as (
    select
        judged_lines.*,
        line.*,
        values_of_line.unknown_keys,
        case
            when line_reason is not null then line_reason
            when "CreationDate" is null then 'CreationDate is missing.'
            when "Id" is null then 'Id is missing.'
            when "PostTypeId" is null then 'PostTypeId is missing.'
            else values_of_line.fault
        end as reason
    from judged_lines
    cross join forms
    cross join lateral json_to_record(
        case when line_reason is null then line_text::json else '{}' end
    ) as line (
        "Id" text,
        "PostTypeId" text,
        "ParentId" text,
        "AcceptedAnswerId" text,
        "OwnerUserId" text,
        "LastEditorUserId" text,
        "OwnerDisplayName" text,
        "LastEditorDisplayName" text,
        "Title" text,
        "Tags" text,
        "Body" text,
        "ContentLIcense" text,
        "ContentLicense" text,
        "Score" text,
        "ViewCount" text,
        "AnswerCount" text,
        "CommentCount" text,
        "FavoriteCount" text,
        "CreationDate" text,
        "LastEditDate" text,
        "LastActivityDate" text,
        "ClosedDate" text,
        "CommunityOwnedDate" text
    )
    cross join lateral (
        select
            min(case
                when entry.key not in (
                    'Id', 'PostTypeId', 'ParentId', 'AcceptedAnswerId', 'OwnerUserId',
                    'LastEditorUserId', 'OwnerDisplayName', 'LastEditorDisplayName',
                    'Title', 'Tags', 'Body', 'ContentLIcense', 'ContentLicense',
                    'Score', 'ViewCount', 'AnswerCount', 'CommentCount',
                    'FavoriteCount', 'CreationDate', 'LastEditDate',
                    'LastActivityDate', 'ClosedDate', 'CommunityOwnedDate'
                ) then null
                when json_typeof(entry.value) = 'null' then null
                when entry.key in (
                    'OwnerDisplayName', 'LastEditorDisplayName', 'Title', 'Tags',
                    'Body', 'ContentLIcense', 'ContentLicense'
                ) then case
                    when json_typeof(entry.value) <> 'string'
                        then entry.key || ' is not a string.'
                end
                when entry.key like '%Date' then case
                    when entry.value::text !~ instant
                        or not pg_input_is_valid(
                            btrim(entry.value::text, '"'), 'timestamp'
                        )
                        then entry.key || ' is not a string with a time that exists.'
                end
                when entry.value::text !~ whole_number
                    then entry.key || ' is not a string of 1 to 18 digits.'
            end collate "C") as fault,
            array_agg(entry.key) filter (where entry.key not in (
                'Id', 'PostTypeId', 'ParentId', 'AcceptedAnswerId', 'OwnerUserId',
                'LastEditorUserId', 'OwnerDisplayName', 'LastEditorDisplayName',
                'Title', 'Tags', 'Body', 'ContentLIcense', 'ContentLicense', 'Score',
                'ViewCount', 'AnswerCount', 'CommentCount', 'FavoriteCount',
                'CreationDate', 'LastEditDate', 'LastActivityDate', 'ClosedDate',
                'CommunityOwnedDate'
            )) as unknown_keys
        from json_each(
            case when line_reason is null then line_text::json else '{}' end
        ) as entry
    ) as values_of_line
    offset 0
)

select
    case when reason is null then "Id"::bigint end as post_id,
    case when reason is null then "PostTypeId"::bigint end as post_type_id,
    case when reason is null then "ParentId"::bigint end as parent_id,
    case when reason is null then "AcceptedAnswerId"::bigint end as accepted_answer_id,
    case when reason is null then "OwnerUserId"::bigint end as owner_user_id,
    case
        when reason is null then "LastEditorUserId"::bigint
    end as last_editor_user_id,

    case when reason is null then "OwnerDisplayName" end as owner_display_name,
    case
        when reason is null then "LastEditorDisplayName"
    end as last_editor_display_name,
    case when reason is null then "Title" end as title,
    case when reason is null then "Tags" end as tags,
    case when reason is null then "Body" end as body,
    -- The source writes this key wrong; should it ever be mended, both are read.
    case
        when reason is null then coalesce("ContentLIcense", "ContentLicense")
    end as content_license,
    case when reason is null then "Score"::bigint end as score,
    case when reason is null then "ViewCount"::bigint end as view_count,
    case when reason is null then "AnswerCount"::bigint end as answer_count,
    case when reason is null then "CommentCount"::bigint end as comment_count,
    case when reason is null then "FavoriteCount"::bigint end as favorite_count,

    case
        when reason is null then "CreationDate"::timestamp at time zone 'UTC'
    end as created_at,
    case
        when reason is null then "LastEditDate"::timestamp at time zone 'UTC'
    end as last_edited_at,
    -- A post that nothing happened to since was last active when it was made.
    case
        when reason is null
            then coalesce("LastActivityDate", "CreationDate")::timestamp
            at time zone 'UTC'
    end as last_activity_at,
    case
        when reason is null then "ClosedDate"::timestamp at time zone 'UTC'
    end as closed_at,
    case
        when reason is null then "CommunityOwnedDate"::timestamp at time zone 'UTC'
    end as community_owned_at,

    case when reason is null then unknown_keys end as unknown_keys,
    reason,
    case when reason is not null then line_text end as rejected_body,

    batch,
    line_number
from judged_fields;
