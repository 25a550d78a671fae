-- Bring the counts of votes per day up to date.
--
-- reads:  changed_votes_per_post_day
-- writes: votes_per_day
-- grain:  one row per day
-- why:    calendar weeks are cut at New Year, so ISO weeks cannot make them up
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

insert into votes_per_day as kept (
    vote_date,
    vote_count
)
select
    vote_date,
    sum(vote_change) as vote_change
from changed_votes_per_post_day
where true
group by vote_date
on conflict (vote_date) do update set
    vote_count = kept.vote_count + excluded.vote_count;

-- Nothing is left of a key whose last vote moved away, as if it had never been there.
delete from votes_per_day
where
    vote_count = 0
    and vote_date in (
        select changed_votes_per_post_day.vote_date
        from changed_votes_per_post_day
        where changed_votes_per_post_day.vote_change < 0
    );
