-- Bring the counts of votes and posts per ISO week up to date.
--
-- reads:  changed_weeks
-- writes: votes_per_week
-- grain:  one row per ISO week
-- why:    the answer reads a few hundred weeks instead of all votes
-- differs: BigQuery has no keys, so the source of its merge is made unique

merge into votes_per_week as kept

using (
    select
        week_start_date,
        sum(vote_change) as vote_change,
        sum(up_vote_change) as up_vote_change,
        sum(down_vote_change) as down_vote_change,
        sum(voted_post_change) as voted_post_change,
        sum(existing_post_vote_change) as existing_post_vote_change,
        sum(created_post_change) as created_post_change
    from changed_weeks
    group by week_start_date
) as changed
on kept.week_start_date = changed.week_start_date

-- Nothing is left of a key whose last vote moved away, as if it had never been there.
when
    matched
    and kept.vote_count + changed.vote_change = 0
    and kept.created_post_count + changed.created_post_change = 0
    then delete

when matched then update set
    vote_count = kept.vote_count + changed.vote_change,
    up_vote_count = kept.up_vote_count + changed.up_vote_change,
    down_vote_count = kept.down_vote_count + changed.down_vote_change,
    voted_post_count = kept.voted_post_count + changed.voted_post_change,
    existing_post_vote_count = kept.existing_post_vote_count
    + changed.existing_post_vote_change,
    created_post_count = kept.created_post_count + changed.created_post_change

when not matched then insert (
    week_start_date,
    vote_count,
    up_vote_count,
    down_vote_count,
    voted_post_count,
    existing_post_vote_count,
    created_post_count
)
values (
    changed.week_start_date,
    changed.vote_change,
    changed.up_vote_change,
    changed.down_vote_change,
    changed.voted_post_change,
    changed.existing_post_vote_change,
    changed.created_post_change
);
