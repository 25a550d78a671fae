-- migrate:up

-- What was delivered and is not merged yet: a line of text for each row.
create table if not exists staging_catalog (
    batch string not null,
    line_number int64 not null,
    body string
);

-- migrate:down

drop table if exists staging_catalog;
