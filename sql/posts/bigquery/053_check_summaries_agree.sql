-- Days and weeks hold the same number of votes, and no count is below zero.
--
-- reads:  votes_per_day, votes_per_week
-- grain:  one row if the summaries disagree
-- why:    counts that are kept up to date by changes would drift without being seen
-- on failure: stop

with

totals as (
    select
        (select coalesce(sum(vote_count), 0) from votes_per_day) as day_vote_count,
        (select coalesce(sum(vote_count), 0) from votes_per_week) as week_vote_count,
        (
            select count(*)
            from votes_per_week
            where
                vote_count < 0
                or up_vote_count < 0
                or down_vote_count < 0
                or voted_post_count not between 0 and vote_count
                or existing_post_vote_count not between 0 and vote_count
                or created_post_count < 0
        ) as impossible_week_count
)

select
    day_vote_count,
    week_vote_count,
    impossible_week_count
from totals
where
    day_vote_count <> week_vote_count
    or impossible_week_count > 0;
