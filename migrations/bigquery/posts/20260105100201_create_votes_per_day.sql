-- migrate:up

-- One row per day with at least one vote: too few for partitions.
create table if not exists votes_per_day (
    vote_date date not null,

    vote_count int64 not null
);

-- migrate:down

drop table if exists votes_per_day;
