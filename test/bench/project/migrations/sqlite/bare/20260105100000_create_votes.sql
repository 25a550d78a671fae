-- migrate:up

create table staging_votes (
    batch text not null,
    line_number integer not null,
    body text
);

create table votes (
    vote_id integer primary key,
    post_id integer not null,
    vote_type_id integer not null,
    user_id integer,
    bounty_amount integer,
    vote_date text not null
);

-- migrate:down

drop table votes;
drop table staging_votes;
