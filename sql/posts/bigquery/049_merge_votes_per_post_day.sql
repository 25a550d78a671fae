-- Bring the counts of votes per post and day up to date.
--
-- reads:  changed_votes_per_post_day
-- writes: votes_per_post_day
-- grain:  one row per post_id and day
-- why:    answers per post read these, so that no question scans the votes
-- differs: BigQuery has no keys: it skips by bounds, and the source is made unique

merge into votes_per_post_day as kept

using (
    select
        post_id,
        vote_date,
        sum(vote_change) as vote_change,
        sum(up_vote_change) as up_vote_change,
        sum(down_vote_change) as down_vote_change
    from changed_votes_per_post_day
    group by post_id, vote_date
) as changed
on
    kept.post_id = changed.post_id
    and kept.vote_date = changed.vote_date
    and kept.vote_date between lowest_week_start_date and highest_week_end_date

-- Nothing is left of a key whose last vote moved away, as if it had never been there.
when matched and kept.vote_count + changed.vote_change = 0 then delete

when matched then update set
    vote_count = kept.vote_count + changed.vote_change,
    up_vote_count = kept.up_vote_count + changed.up_vote_change,
    down_vote_count = kept.down_vote_count + changed.down_vote_change

when not matched then insert (
    post_id,
    vote_date,
    vote_count,
    up_vote_count,
    down_vote_count
)
values (
    changed.post_id,
    changed.vote_date,
    changed.vote_change,
    changed.up_vote_change,
    changed.down_vote_change
);
