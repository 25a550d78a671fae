-- migrate:up

-- What a vote can mean, as the source numbers it.
create table if not exists vote_types (
    vote_type_id int64 not null,
    vote_type_name string not null
);

-- migrate:down

drop table if exists vote_types;
