-- Keep the rows that cannot be read, each with its reason.
--
-- reads:  clean_products, current_run
-- writes: sluice_rejected_lines
-- grain:  one row per line that could not be read
-- why:    what is left out of the tables must not be lost, and can be tried again
-- differs: BigQuery has no keys, so the source of its merge is made unique

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
    'catalog' as feed,
    clean_products.batch,
    clean_products.line_number,
    clean_products.reason,
    clean_products.rejected_body as body,
    current_run.run_id
from clean_products
cross join current_run
where clean_products.reason is not null
on conflict (job, feed, batch, line_number) do update set
    reason = excluded.reason,
    body = excluded.body,
    run_id = excluded.run_id;
