-- migrate:up

-- One row per ISO week, named by its Monday, in which a vote or a post was made.
create table if not exists votes_per_week (
    week_start_date date not null,

    vote_count int64 not null,
    up_vote_count int64 not null,
    down_vote_count int64 not null,
    -- Posts with at least one vote in the week, whether the post is there or not.
    voted_post_count int64 not null,
    -- Votes of the week on posts that are there.
    existing_post_vote_count int64 not null,
    created_post_count int64 not null
);

-- migrate:down

drop table if exists votes_per_week;
