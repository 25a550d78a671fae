-- Keep the rows that cannot be read, each with its reason.
--
-- reads:  clean_stock, current_run
-- writes: sluice_rejected_lines
-- grain:  one row per line that could not be read
-- why:    what is left out of the tables must not be lost, and can be tried again
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

insert into sluice_rejected_lines (
    job,
    feed,
    batch,
    line_number,
    reason,
    body,
    run_id
)
select
    current_run.job,
    'stock' as feed,
    clean_stock.batch,
    clean_stock.line_number,
    clean_stock.reason,
    clean_stock.rejected_body as body,
    current_run.run_id
from clean_stock
cross join current_run
where clean_stock.reason is not null
on conflict (job, feed, batch, line_number) do update set
    reason = excluded.reason,
    body = excluded.body,
    run_id = excluded.run_id;
