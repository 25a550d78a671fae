-- migrate:up

-- What was delivered and is not merged yet: a line of text for each row.
create table staging_posts (
    batch text not null,
    line_number integer not null,
    body text
) strict;

create table staging_votes (
    batch text not null,
    line_number integer not null,
    body text
) strict;

-- One row per post. Instants are ISO text in UTC with milliseconds and Z.
create table posts (
    post_id integer primary key,
    post_type_id integer not null,
    parent_id integer,
    accepted_answer_id integer,
    owner_user_id integer,
    last_editor_user_id integer,

    owner_display_name text,
    last_editor_display_name text,
    title text,
    tags text,
    body text,
    content_license text,
    score integer,
    view_count integer,
    answer_count integer,
    comment_count integer,
    favorite_count integer,

    created_at text not null,
    last_edited_at text,
    last_activity_at text not null,
    closed_at text,
    community_owned_at text,

    batch text not null,
    line_number integer not null,
    inserted_at text not null,
    updated_at text not null
) strict;

-- One row per post and tag; tag_number is its place among the post's tags.
create table post_tags (
    post_id integer not null,
    tag_number integer not null,
    tag text not null,
    primary key (post_id, tag_number)
) strict, without rowid;

-- One row per vote. Its post may be missing: deleted posts keep their votes.
create table votes (
    vote_id integer primary key,
    post_id integer not null,
    vote_type_id integer not null,
    user_id integer,

    bounty_amount integer,
    vote_date text not null,

    batch text not null,
    line_number integer not null,
    inserted_at text not null,
    updated_at text not null
) strict;

-- migrate:down

drop table votes;
drop table post_tags;
drop table posts;
drop table staging_votes;
drop table staging_posts;
