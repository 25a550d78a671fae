-- Bring the counts of votes and posts per ISO week up to date.
--
-- reads:  changed_weeks
-- writes: votes_per_week
-- grain:  one row per ISO week
-- why:    the answer reads a few hundred weeks instead of all votes
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

insert into votes_per_week as kept (
    week_start_date,
    vote_count,
    up_vote_count,
    down_vote_count,
    voted_post_count,
    existing_post_vote_count,
    created_post_count
)
select
    week_start_date,
    vote_change,
    up_vote_change,
    down_vote_change,
    voted_post_change,
    existing_post_vote_change,
    created_post_change
from changed_weeks
where true
on conflict (week_start_date) do update set
    vote_count = kept.vote_count + excluded.vote_count,
    up_vote_count = kept.up_vote_count + excluded.up_vote_count,
    down_vote_count = kept.down_vote_count + excluded.down_vote_count,
    voted_post_count = kept.voted_post_count + excluded.voted_post_count,
    existing_post_vote_count = kept.existing_post_vote_count
    + excluded.existing_post_vote_count,
    created_post_count = kept.created_post_count + excluded.created_post_count;

-- Nothing is left of a key whose last vote moved away, as if it had never been there.
delete from votes_per_week
where
    vote_count = 0
    and created_post_count = 0
    and week_start_date in (
        select changed_weeks.week_start_date
        from changed_weeks
    );
