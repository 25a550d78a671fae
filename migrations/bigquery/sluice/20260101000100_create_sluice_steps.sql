-- migrate:up

-- One row per file of the folder and run, in order; 0 stands for the migrations.
create table if not exists sluice_steps (
    run_id string not null,
    step_number int64 not null,
    file string not null,
    sha256 string not null,
    duration_ms float64 not null,
    rows_affected int64,
    -- run, or unchanged (a view that was left as it is)
    outcome string not null,
    -- what the service has read for it, by which it is paid
    bytes_processed int64
)
cluster by run_id;

-- migrate:down

drop table if exists sluice_steps;
