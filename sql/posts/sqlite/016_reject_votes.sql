-- Keep every line of votes that cannot be read, with its reason.
--
-- reads:  clean_votes, current_run
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
    'votes' as feed,
    clean_votes.batch,
    clean_votes.line_number,
    clean_votes.reason,
    clean_votes.rejected_body,
    current_run.run_id
from clean_votes
cross join current_run
where clean_votes.reason is not null
on conflict (job, feed, batch, line_number) do update set
    reason = excluded.reason,
    body = excluded.body,
    run_id = excluded.run_id;
