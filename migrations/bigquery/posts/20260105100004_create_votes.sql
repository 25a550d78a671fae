-- migrate:up

-- One row per vote. Its post may be missing: deleted posts keep their votes.
-- Not by day: a vote that is sent again with another day must be found by its id.
create table if not exists votes (
    vote_id int64 not null,
    post_id int64 not null,
    vote_type_id int64 not null,
    user_id int64,

    bounty_amount int64,
    vote_date date not null,

    batch string not null,
    line_number int64 not null,
    inserted_at timestamp not null,
    updated_at timestamp not null
)
partition by range_bucket(vote_id, generate_array(0, 40000000000, 10000000))
cluster by vote_id;

-- migrate:down

drop table if exists votes;
