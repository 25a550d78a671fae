-- Keep every line of an answer that cannot be read, with its reason.
--
-- reads:  clean_ads, current_run
-- writes: sluice_rejected_lines
-- grain:  one row per job, feed, batch and line
-- why:    a line left out without a trace is lost; a kept one can be readmitted

merge into sluice_rejected_lines as kept

using (
    select
        current_run.job,
        'backup' as feed,
        clean_ads.batch collate "default" as batch,
        clean_ads.line_number,
        clean_ads.reason,
        clean_ads.rejected_body as body,
        current_run.run_id
    from clean_ads
    cross join current_run
    where clean_ads.reason is not null
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
