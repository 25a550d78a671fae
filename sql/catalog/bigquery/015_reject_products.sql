-- Keep the rows that cannot be read, each with its reason.
--
-- reads:  clean_products, current_run
-- writes: sluice_rejected_lines
-- grain:  one row per line that could not be read
-- why:    what is left out of the tables must not be lost, and can be tried again
-- differs: BigQuery has no keys, so the source of its merge is made unique

merge into sluice_rejected_lines as kept

using (
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
    qualify row_number() over (
        partition by clean_products.batch, clean_products.line_number
        order by clean_products.reason
    ) = 1
) as rejected
on
    kept.job = rejected.job
    and kept.feed = rejected.feed
    and kept.batch = rejected.batch
    and kept.line_number = rejected.line_number

when matched then update set
    reason = rejected.reason,
    body = rejected.body,
    run_id = rejected.run_id

when not matched then insert (
    job,
    feed,
    batch,
    line_number,
    reason,
    body,
    run_id
)
values (
    rejected.job,
    rejected.feed,
    rejected.batch,
    rejected.line_number,
    rejected.reason,
    rejected.body,
    rejected.run_id
);
