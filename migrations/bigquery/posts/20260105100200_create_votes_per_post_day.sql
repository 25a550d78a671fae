-- migrate:up

-- One row per post and day with at least one vote: finer than every view needs.
-- New votes are of late days; a late post finds its votes by the order of the ids.
create table if not exists votes_per_post_day (
    post_id int64 not null,
    vote_date date not null,

    vote_count int64 not null,
    up_vote_count int64 not null,
    down_vote_count int64 not null
)
partition by date_trunc(vote_date, month)
cluster by post_id;

-- migrate:down

drop table if exists votes_per_post_day;
