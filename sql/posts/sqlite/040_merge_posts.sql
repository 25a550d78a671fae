-- Write the posts that are new and those that have changed.
--
-- reads:  compared_posts, clean_posts, current_run
-- writes: posts
-- grain:  one row per post_id
-- why:    posts are edited for years, and what stands here is what people read
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

insert into posts (
    post_id,
    post_type_id,
    parent_id,
    accepted_answer_id,
    owner_user_id,
    last_editor_user_id,
    owner_display_name,
    last_editor_display_name,
    title,
    tags,
    body,
    content_license,
    score,
    view_count,
    answer_count,
    comment_count,
    favorite_count,
    created_at,
    last_edited_at,
    last_activity_at,
    closed_at,
    community_owned_at,
    batch,
    line_number,
    inserted_at,
    updated_at
)
select
    fresh.post_id,
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
    fresh.community_owned_at,

    compared.batch,
    compared.line_number,
    current_run.started_at as inserted_at,
    current_run.started_at as updated_at
from compared_posts as compared
inner join clean_posts as fresh
    on compared.batch = fresh.batch and compared.line_number = fresh.line_number
cross join current_run
where compared.outcome in ('inserted', 'updated')
on conflict (post_id) do update set
    post_type_id = excluded.post_type_id,
    parent_id = excluded.parent_id,
    accepted_answer_id = excluded.accepted_answer_id,
    owner_user_id = excluded.owner_user_id,
    last_editor_user_id = excluded.last_editor_user_id,
    owner_display_name = excluded.owner_display_name,
    last_editor_display_name = excluded.last_editor_display_name,
    title = excluded.title,
    tags = excluded.tags,
    body = excluded.body,
    content_license = excluded.content_license,
    score = excluded.score,
    view_count = excluded.view_count,
    answer_count = excluded.answer_count,
    comment_count = excluded.comment_count,
    favorite_count = excluded.favorite_count,
    created_at = excluded.created_at,
    last_edited_at = excluded.last_edited_at,
    last_activity_at = excluded.last_activity_at,
    closed_at = excluded.closed_at,
    community_owned_at = excluded.community_owned_at,
    batch = excluded.batch,
    line_number = excluded.line_number,
    updated_at = excluded.updated_at;
