-- Every staged line has one outcome, and every outcome has been carried out.
--
-- reads:  staging_backup, clean_ads, compared_ads, archived_ads, sluice_steps,
--         current_run
-- grain:  one row if the counts do not balance
-- why:    an ad that is lost, or written twice, shows in no other way
-- on failure: stop

with

counts as (
    select
        (select count(*) from staging_backup) as staged_count,
        (select count(reason) from clean_ads) as rejected_count,
        coalesce(sum(copy_count - 1), 0) as duplicate_count,
        count(case when outcome = 'inserted' then 1 end) as inserted_count,
        count(
            case
                when outcome = 'updated' and not is_archived_meanwhile then 1
            end
        ) as updated_count,
        -- A kept copy that was archived while this run worked stays as it is.
        count(
            case when outcome = 'updated' and is_archived_meanwhile then 1 end
        ) as archived_count,
        count(case when outcome = 'unchanged' then 1 end) as unchanged_count,
        count(case when outcome = 'older' then 1 end) as older_count
    from (
        select
            compared_ads.*,
            exists (
                select 1
                from archived_ads
                where archived_ads.ad_id = compared_ads.ad_id
            ) as is_archived_meanwhile
        from compared_ads
    ) as outcomes
),

written as (
    select
        max(
            case when sluice_steps.file = '040_merge_ads.sql' then rows_affected end
        ) as written_count,
        max(
            case
                when sluice_steps.file = '041_merge_earlier_copies.sql'
                    then rows_affected
            end
        ) as rewritten_count
    from sluice_steps
    inner join current_run on sluice_steps.run_id = current_run.run_id
)

select
    counts.staged_count,
    counts.rejected_count,
    counts.duplicate_count,
    counts.inserted_count,
    counts.updated_count,
    counts.archived_count,
    counts.unchanged_count,
    counts.older_count,
    written.written_count,
    written.rewritten_count
from counts
cross join written
where
    counts.staged_count
    <> counts.rejected_count + counts.duplicate_count + counts.inserted_count
    + counts.updated_count + counts.archived_count + counts.unchanged_count
    + counts.older_count
    or written.written_count is distinct from counts.inserted_count
    or written.rewritten_count is distinct from counts.updated_count;
