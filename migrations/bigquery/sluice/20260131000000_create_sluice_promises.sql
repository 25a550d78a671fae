-- migrate:up

-- What a job promises to people: a good run at least every so many hours.
create table if not exists sluice_promises (
    job string not null,
    fresh_within_hours int64 not null
);

-- migrate:down

drop table if exists sluice_promises;
