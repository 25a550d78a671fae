-- migrate:up

-- One row per day: the batch that it is made from, and what is in it.
create table if not exists products_per_day (
    catalog_date date not null,

    product_count int64 not null,
    with_image_count int64 not null,
    samsung_without_image_after_2000_count int64 not null,

    batch string not null
);

-- migrate:down

drop table if exists products_per_day;
