-- Every staged row has one outcome, and every outcome has been carried out.
--
-- reads:  staging_catalog, clean_products, compared_batches, sluice_steps, current_run
-- grain:  one row if the counts do not balance
-- why:    a row that is lost, or written twice, shows in no other way
-- on failure: stop

with

counts as (
    select
        (select count(*) from staging_catalog) as staged_count,
        (select count(reason) from clean_products) as rejected_count,
        coalesce(
            sum(case when outcome = 'older' then row_count end), 0
        ) as older_count,
        coalesce(
            sum(case when outcome = 'unchanged' then known_count end), 0
        ) as unchanged_count,
        coalesce(
            sum(case when outcome <> 'older' then row_count - known_count end), 0
        ) as inserted_count,
        coalesce(
            sum(case when outcome = 'replaced' then kept_day_count end), 0
        ) as removed_count,
        (
            select max(sluice_steps.rows_affected)
            from sluice_steps
            inner join current_run on sluice_steps.run_id = current_run.run_id
            where sluice_steps.file = '040_merge_products.sql'
        ) as written_count
    from compared_batches
)

select
    staged_count,
    rejected_count,
    older_count,
    unchanged_count,
    inserted_count,
    removed_count,
    written_count
from counts
where
    staged_count
    <> rejected_count + older_count + unchanged_count + inserted_count
    or written_count is null
    or written_count <> inserted_count + removed_count;
