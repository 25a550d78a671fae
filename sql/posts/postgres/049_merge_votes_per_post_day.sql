-- Bring the counts of votes per post and day up to date.
--
-- reads:  changed_votes_per_post_day
-- writes: votes_per_post_day
-- grain:  one row per post_id and day
-- why:    answers per post read these, so that no question scans the votes
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

merge into votes_per_post_day as kept

using changed_votes_per_post_day as changed
on kept.post_id = changed.post_id and kept.vote_date = changed.vote_date

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
