-- migrate:up

-- What was pushed and is not merged yet: a line of text for each rating.
create table staging_ratings (
    batch text not null,
    line_number integer not null,
    body text
) strict;

-- One row per rating that a customer has given.
create table ratings (
    rating_id text primary key,
    article_id text not null,

    star_count integer not null,

    rated_date text not null,

    batch text not null,
    line_number integer not null
) strict, without rowid;

-- migrate:down

drop table ratings;
drop table staging_ratings;
