-- migrate:up

-- What was delivered and is not merged yet: a line of text for each row.
-- Batches sort by their bytes: the order of arrival is no matter of language.
create table staging_posts (
    batch text collate "C" not null,
    line_number bigint not null,
    body text
);

create table staging_votes (
    batch text collate "C" not null,
    line_number bigint not null,
    body text
);

-- One row per post.
create table posts (
    post_id bigint primary key,
    post_type_id bigint not null,
    parent_id bigint,
    accepted_answer_id bigint,
    owner_user_id bigint,
    last_editor_user_id bigint,

    owner_display_name text,
    last_editor_display_name text,
    title text,
    tags text,
    body text,
    content_license text,
    score bigint,
    view_count bigint,
    answer_count bigint,
    comment_count bigint,
    favorite_count bigint,

    created_at timestamptz not null,
    last_edited_at timestamptz,
    last_activity_at timestamptz not null,
    closed_at timestamptz,
    community_owned_at timestamptz,

    batch text collate "C" not null,
    line_number bigint not null,
    inserted_at timestamptz not null,
    updated_at timestamptz not null
);

-- One row per post and tag; tag_number is its place among the post's tags.
-- The tag is no part of the key: an odd tag may be longer than an index can hold.
create table post_tags (
    post_id bigint not null,
    tag_number bigint not null,
    tag text collate "C" not null,
    primary key (post_id, tag_number)
);

-- One row per vote. Its post may be missing: deleted posts keep their votes.
create table votes (
    vote_id bigint primary key,
    post_id bigint not null,
    vote_type_id bigint not null,
    user_id bigint,

    bounty_amount bigint,
    vote_date date not null,

    batch text collate "C" not null,
    line_number bigint not null,
    inserted_at timestamptz not null,
    updated_at timestamptz not null
);

-- migrate:down

drop table votes;
drop table post_tags;
drop table posts;
drop table staging_votes;
drop table staging_posts;
