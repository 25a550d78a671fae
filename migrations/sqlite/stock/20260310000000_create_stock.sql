-- migrate:up

-- What was pushed and is not merged yet: a line of text for each row.
create table staging_stock (
    batch text not null,
    line_number integer not null,
    body text
) strict;

-- One row per shop and article: how many pieces there were at the last count.
create table stock (
    shop_id text not null,
    article_id text not null,

    piece_count integer not null,

    counted_date text not null,

    batch text not null,
    line_number integer not null,

    primary key (shop_id, article_id)
) strict, without rowid;

-- migrate:down

drop table stock;
drop table staging_stock;
