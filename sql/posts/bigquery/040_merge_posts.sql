-- Write the posts that are new and those that have changed.
--
-- reads:  compared_posts, clean_posts, current_run
-- writes: posts
-- grain:  one row per post_id
-- why:    posts are edited for years, and what stands here is what people read
-- differs: BigQuery has no keys: it skips by bounds, and the source is made unique

merge into posts as kept

using (
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
        current_run.started_at
    from compared_posts as compared
    inner join clean_posts as fresh
        on compared.batch = fresh.batch and compared.line_number = fresh.line_number
    cross join current_run
    where compared.outcome in ('inserted', 'updated')
    qualify row_number() over (
        partition by fresh.post_id
        order by compared.batch desc, compared.line_number desc
    ) = 1
) as changed
on
    kept.post_id = changed.post_id
    and kept.post_id between lowest_post_id and highest_post_id

when matched then update set
    post_type_id = changed.post_type_id,
    parent_id = changed.parent_id,
    accepted_answer_id = changed.accepted_answer_id,
    owner_user_id = changed.owner_user_id,
    last_editor_user_id = changed.last_editor_user_id,
    owner_display_name = changed.owner_display_name,
    last_editor_display_name = changed.last_editor_display_name,
    title = changed.title,
    tags = changed.tags,
    body = changed.body,
    content_license = changed.content_license,
    score = changed.score,
    view_count = changed.view_count,
    answer_count = changed.answer_count,
    comment_count = changed.comment_count,
    favorite_count = changed.favorite_count,
    created_at = changed.created_at,
    last_edited_at = changed.last_edited_at,
    last_activity_at = changed.last_activity_at,
    closed_at = changed.closed_at,
    community_owned_at = changed.community_owned_at,
    batch = changed.batch,
    line_number = changed.line_number,
    updated_at = changed.started_at

when not matched then insert (
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
values (
    changed.post_id,
    changed.post_type_id,
    changed.parent_id,
    changed.accepted_answer_id,
    changed.owner_user_id,
    changed.last_editor_user_id,
    changed.owner_display_name,
    changed.last_editor_display_name,
    changed.title,
    changed.tags,
    changed.body,
    changed.content_license,
    changed.score,
    changed.view_count,
    changed.answer_count,
    changed.comment_count,
    changed.favorite_count,
    changed.created_at,
    changed.last_edited_at,
    changed.last_activity_at,
    changed.closed_at,
    changed.community_owned_at,
    changed.batch,
    changed.line_number,
    changed.started_at,
    changed.started_at
);
