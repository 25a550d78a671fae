-- Say for each post what becomes of its best copy.
--
-- reads:  latest_posts, clean_posts, posts
-- writes: compared_posts
-- grain:  one row per post_id of this run
-- why:    a line is never dropped without a word, and an old copy never wins
-- differs: PostgreSQL compares rows as distinct, SQLite with is

create temp table compared_posts as

select
    latest.post_id,
    case
        when kept.post_id is null then 'inserted'
        when (
            fresh.post_type_id,
            fresh.parent_id,
            fresh.accepted_answer_id,
            fresh.owner_user_id,
            fresh.last_editor_user_id,
            fresh.owner_display_name,
            fresh.last_editor_display_name,
            fresh.title,
            fresh.tags,
            fresh.body,
            fresh.content_license,
            fresh.score,
            fresh.view_count,
            fresh.answer_count,
            fresh.comment_count,
            fresh.favorite_count,
            fresh.created_at,
            fresh.last_edited_at,
            fresh.last_activity_at,
            fresh.closed_at,
            fresh.community_owned_at
        ) is not distinct from (
            kept.post_type_id,
            kept.parent_id,
            kept.accepted_answer_id,
            kept.owner_user_id,
            kept.last_editor_user_id,
            kept.owner_display_name,
            kept.last_editor_display_name,
            kept.title,
            kept.tags,
            kept.body,
            kept.content_license,
            kept.score,
            kept.view_count,
            kept.answer_count,
            kept.comment_count,
            kept.favorite_count,
            kept.created_at,
            kept.last_edited_at,
            kept.last_activity_at,
            kept.closed_at,
            kept.community_owned_at
        ) then 'unchanged'
        when
            (fresh.last_activity_at, latest.batch, latest.line_number)
            > (kept.last_activity_at, kept.batch, kept.line_number)
            then 'updated'
        else 'older'
    end as outcome,
    latest.copy_count,

    fresh.created_at,
    kept.created_at as previous_created_at,

    latest.batch,
    latest.line_number
from latest_posts as latest
inner join clean_posts as fresh
    on latest.batch = fresh.batch and latest.line_number = fresh.line_number
left join posts as kept on latest.post_id = kept.post_id;
