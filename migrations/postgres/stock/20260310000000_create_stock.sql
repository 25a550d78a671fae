-- migrate:up

-- What was pushed and is not merged yet: a line of text for each row.
create table staging_stock (
    batch text collate "C" not null,
    line_number bigint not null,
    body text
);

-- One row per shop and article: how many pieces there were at the last count.
create table stock (
    shop_id text collate "C" not null,
    article_id text collate "C" not null,

    piece_count bigint not null,

    counted_date date not null,

    batch text collate "C" not null,
    line_number bigint not null,

    primary key (shop_id, article_id)
);

-- migrate:down

drop table stock;
drop table staging_stock;
