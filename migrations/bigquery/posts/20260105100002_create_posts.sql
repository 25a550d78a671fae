-- migrate:up

-- One row per post. In ranges of ids: a post that comes again is found by its id,
-- and ids come in order, so that a run opens few ranges.
create table if not exists posts (
    post_id int64 not null,
    post_type_id int64 not null,
    parent_id int64,
    accepted_answer_id int64,
    owner_user_id int64,
    last_editor_user_id int64,

    owner_display_name string,
    last_editor_display_name string,
    title string,
    tags string,
    body string,
    content_license string,
    score int64,
    view_count int64,
    answer_count int64,
    comment_count int64,
    favorite_count int64,

    created_at timestamp not null,
    last_edited_at timestamp,
    last_activity_at timestamp not null,
    closed_at timestamp,
    community_owned_at timestamp,

    batch string not null,
    line_number int64 not null,
    inserted_at timestamp not null,
    updated_at timestamp not null
)
partition by range_bucket(post_id, generate_array(0, 4000000000, 1000000))
cluster by post_id;

-- migrate:down

drop table if exists posts;
