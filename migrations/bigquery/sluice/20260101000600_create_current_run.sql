-- migrate:up

-- The last run, for people at a console; in a run a temp table hides this view.
create or replace view current_run as
select
    run_id,
    job,
    as_of,
    started_at
from sluice_runs
order by started_at desc
limit 1;

-- migrate:down

drop view if exists current_run;
