-- Keep the rows that cannot be read, each with its reason.
--
-- reads:  clean_stock, current_run
-- writes: sluice_rejected_lines
-- grain:  one row per line that could not be read
-- why:    what is left out of the tables must not be lost, and can be tried again
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

merge into sluice_rejected_lines as kept

using (
    select
        current_run.job,
        'stock' as feed,
        clean_stock.batch collate "default" as batch,
        clean_stock.line_number,
        clean_stock.reason,
        clean_stock.rejected_body as body,
        current_run.run_id
    from clean_stock
    cross join current_run
    where clean_stock.reason is not null
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
