-- Keep every line of posts that cannot be read, with its reason.
--
-- reads:  clean_posts, current_run
-- writes: sluice_rejected_lines
-- grain:  one row per job, feed, batch and line
-- why:    a line left out without a trace is lost; a kept one can be readmitted
-- differs: BigQuery has no keys, so the source of its merge is made unique

merge into sluice_rejected_lines as kept

using (
    select
        current_run.job,
        'posts' as feed,
        clean_posts.batch,
        clean_posts.line_number,
        clean_posts.reason,
        clean_posts.rejected_body as body,
        current_run.run_id
    from clean_posts
    cross join current_run
    where clean_posts.reason is not null
    qualify row_number() over (
        partition by clean_posts.batch, clean_posts.line_number
        order by clean_posts.reason
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
