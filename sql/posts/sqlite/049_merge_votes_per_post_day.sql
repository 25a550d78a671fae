-- Bring the counts of votes per post and day up to date.
--
-- reads:  changed_votes_per_post_day
-- writes: votes_per_post_day
-- grain:  one row per post_id and day
-- why:    answers per post read these, so that no question scans the votes
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

insert into votes_per_post_day as kept (
    post_id,
    vote_date,
    vote_count,
    up_vote_count,
    down_vote_count
)
select
    post_id,
    vote_date,
    vote_change,
    up_vote_change,
    down_vote_change
from changed_votes_per_post_day
where true
on conflict (post_id, vote_date) do update set
    vote_count = kept.vote_count + excluded.vote_count,
    up_vote_count = kept.up_vote_count + excluded.up_vote_count,
    down_vote_count = kept.down_vote_count + excluded.down_vote_count;

-- Nothing is left of a key whose last vote moved away, as if it had never been there.
delete from votes_per_post_day
where
    vote_count = 0
    and (post_id, vote_date) in (
        select
            changed_votes_per_post_day.post_id,
            changed_votes_per_post_day.vote_date
        from changed_votes_per_post_day
        where changed_votes_per_post_day.vote_change < 0
    );
