-- migrate:up

-- One row per post and day with at least one vote: finer than every view needs.
create table votes_per_post_day (
    post_id integer not null,
    vote_date text not null,

    vote_count integer not null,
    up_vote_count integer not null,
    down_vote_count integer not null,
    primary key (post_id, vote_date)
) strict, without rowid;

-- One row per day with at least one vote.
create table votes_per_day (
    vote_date text primary key,

    vote_count integer not null
) strict, without rowid;

-- One row per ISO week, named by its Monday, in which a vote or a post was made.
create table votes_per_week (
    week_start_date text primary key,

    vote_count integer not null,
    up_vote_count integer not null,
    down_vote_count integer not null,
    -- Posts with at least one vote in the week, whether the post is there or not.
    voted_post_count integer not null,
    -- Votes of the week on posts that are there.
    existing_post_vote_count integer not null,
    created_post_count integer not null
) strict, without rowid;

-- migrate:down

drop table votes_per_week;
drop table votes_per_day;
drop table votes_per_post_day;
