-- migrate:up

-- One row per check and run; sample holds its first 20 rows as JSON.
create table if not exists sluice_checks (
    run_id string not null,
    file string not null,
    sentence string not null,
    on_failure string not null,
    row_count int64 not null,
    sample string
)
cluster by run_id;

-- migrate:down

drop table if exists sluice_checks;
