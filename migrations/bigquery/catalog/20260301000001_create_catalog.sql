-- migrate:up

-- One row per product row of a day's file; equal rows are there as often as they came.
-- A day is a partition: it is read, replaced and counted without a look at any other.
create table if not exists catalog (
    catalog_date date not null,

    brand string not null,
    category_id string not null,
    comment string not null,
    currency string not null,
    description string not null,
    image string,
    year_release int64 not null,

    batch string not null,
    line_number int64 not null
)
partition by catalog_date
cluster by brand;

-- migrate:down

drop table if exists catalog;
