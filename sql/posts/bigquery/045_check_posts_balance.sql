-- Every staged post line has one outcome, and every outcome has been carried out.
--
-- reads:  staging_posts, clean_posts, compared_posts, sluice_steps, current_run
-- grain:  one row if the counts do not balance
-- why:    a line that is lost, or written twice, shows in no other way
-- on failure: stop

with

counts as (
    select
        (select count(*) from staging_posts) as staged_count,
        (select count(reason) from clean_posts) as rejected_count,
        coalesce(sum(copy_count - 1), 0) as duplicate_count,
        count(case when outcome = 'inserted' then 1 end) as inserted_count,
        count(case when outcome = 'updated' then 1 end) as updated_count,
        count(case when outcome = 'unchanged' then 1 end) as unchanged_count,
        count(case when outcome = 'older' then 1 end) as older_count,
        (
            select max(sluice_steps.rows_affected)
            from sluice_steps
            inner join current_run on sluice_steps.run_id = current_run.run_id
            where sluice_steps.file = '040_merge_posts.sql'
        ) as written_count
    from compared_posts
)

select
    staged_count,
    rejected_count,
    duplicate_count,
    inserted_count,
    updated_count,
    unchanged_count,
    older_count,
    written_count
from counts
where
    staged_count
    <> rejected_count + duplicate_count + inserted_count + updated_count
    + unchanged_count + older_count
    or written_count is null
    or written_count <> inserted_count + updated_count;
