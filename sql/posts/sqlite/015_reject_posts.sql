-- Keep every line of posts that cannot be read, with its reason.
--
-- reads:  clean_posts, current_run
-- writes: sluice_rejected_lines
-- grain:  one row per job, feed, batch and line
-- why:    a line left out without a trace is lost; a kept one can be readmitted
-- differs: SQLite has no merge; PostgreSQL compares text only within one collation

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
    'posts' as feed,
    clean_posts.batch,
    clean_posts.line_number,
    clean_posts.reason,
    clean_posts.rejected_body,
    current_run.run_id
from clean_posts
cross join current_run
where clean_posts.reason is not null
on conflict (job, feed, batch, line_number) do update set
    reason = excluded.reason,
    body = excluded.body,
    run_id = excluded.run_id;
