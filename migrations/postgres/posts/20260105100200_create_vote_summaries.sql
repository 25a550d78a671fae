-- migrate:up

-- One row per post and day with at least one vote: finer than every view needs.
create table votes_per_post_day (
    post_id bigint not null,
    vote_date date not null,

    vote_count bigint not null,
    up_vote_count bigint not null,
    down_vote_count bigint not null,
    primary key (post_id, vote_date)
);

-- One row per day with at least one vote.
create table votes_per_day (
    vote_date date primary key,

    vote_count bigint not null
);

-- One row per ISO week, named by its Monday, in which a vote or a post was made.
create table votes_per_week (
    week_start_date date primary key,

    vote_count bigint not null,
    up_vote_count bigint not null,
    down_vote_count bigint not null,
    -- Posts with at least one vote in the week, whether the post is there or not.
    voted_post_count bigint not null,
    -- Votes of the week on posts that are there.
    existing_post_vote_count bigint not null,
    created_post_count bigint not null
);

-- migrate:down

drop table votes_per_week;
drop table votes_per_day;
drop table votes_per_post_day;
