-- migrate:up

-- What was delivered and is not merged yet: a line of text for each row.
create table staging_catalog (
    batch text not null,
    line_number integer not null,
    body text
) strict;

-- One row per product row of a day's file; equal rows are there as often as they came.
create table catalog (
    catalog_date text not null,

    brand text not null,
    category_id text not null,
    comment text not null,
    currency text not null,
    description text not null,
    image text,
    year_release integer not null,

    batch text not null,
    line_number integer not null
) strict;

-- A day is read, replaced and counted without a look at any other day.
create unique index catalog_by_day on catalog (catalog_date, batch, line_number);

-- One row per day: the batch that it is made from, and what is in it.
create table products_per_day (
    catalog_date text primary key,

    product_count integer not null,
    with_image_count integer not null,
    samsung_without_image_after_2000_count integer not null,

    batch text not null
) strict, without rowid;

-- migrate:down

drop table products_per_day;
drop table catalog;
drop table staging_catalog;
