-- Say for each post what becomes of its best copy.
--
-- reads:  latest_posts, clean_posts, posts
-- writes: compared_posts
-- grain:  one row per post_id of this run
-- why:    a line is never dropped without a word, and an old copy never wins
-- differs: BigQuery compares no rows, and skips what stands outside of constant bounds

-- Only the partitions between these are read.
declare lowest_post_id int64 default (select min(post_id) from latest_posts);
declare highest_post_id int64 default (select max(post_id) from latest_posts);

create or replace temp table compared_posts as

select
    latest.post_id,
    case
        when kept.post_id is null then 'inserted'
        when
            fresh.post_type_id is not distinct from kept.post_type_id
            and fresh.parent_id is not distinct from kept.parent_id
            and fresh.accepted_answer_id is not distinct from kept.accepted_answer_id
            and fresh.owner_user_id is not distinct from kept.owner_user_id
            and fresh.last_editor_user_id is not distinct from kept.last_editor_user_id
            and fresh.owner_display_name is not distinct from kept.owner_display_name
            and fresh.last_editor_display_name
            is not distinct from kept.last_editor_display_name
            and fresh.title is not distinct from kept.title
            and fresh.tags is not distinct from kept.tags
            and fresh.body is not distinct from kept.body
            and fresh.content_license is not distinct from kept.content_license
            and fresh.score is not distinct from kept.score
            and fresh.view_count is not distinct from kept.view_count
            and fresh.answer_count is not distinct from kept.answer_count
            and fresh.comment_count is not distinct from kept.comment_count
            and fresh.favorite_count is not distinct from kept.favorite_count
            and fresh.created_at is not distinct from kept.created_at
            and fresh.last_edited_at is not distinct from kept.last_edited_at
            and fresh.last_activity_at is not distinct from kept.last_activity_at
            and fresh.closed_at is not distinct from kept.closed_at
            and fresh.community_owned_at is not distinct from kept.community_owned_at
            then 'unchanged'
        when
            fresh.last_activity_at > kept.last_activity_at
            or fresh.last_activity_at = kept.last_activity_at
            and (
                latest.batch > kept.batch
                or latest.batch = kept.batch
                and latest.line_number > kept.line_number
            )
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
left join posts as kept
    on latest.post_id = kept.post_id
    and kept.post_id between lowest_post_id and highest_post_id;
