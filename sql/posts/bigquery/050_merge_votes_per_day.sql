-- Bring the counts of votes per day up to date.
--
-- reads:  changed_votes_per_post_day
-- writes: votes_per_day
-- grain:  one row per day
-- why:    calendar weeks are cut at New Year, so ISO weeks cannot make them up
-- differs: SQLite has insert … on conflict where BigQuery has merge

merge into votes_per_day as kept

using (
    select
        vote_date,
        sum(vote_change) as vote_change
    from changed_votes_per_post_day
    group by vote_date
) as changed
on kept.vote_date = changed.vote_date

-- Nothing is left of a key whose last vote moved away, as if it had never been there.
when matched and kept.vote_count + changed.vote_change = 0 then delete

when matched then update set
    vote_count = kept.vote_count + changed.vote_change

when not matched then insert (
    vote_date,
    vote_count
)
values (
    changed.vote_date,
    changed.vote_change
);
