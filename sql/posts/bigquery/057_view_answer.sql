-- The mean number of votes per post per week, in one number for each way to read it.
--
-- reads:  votes_per_week
-- writes: team_science_answer
-- grain:  one row
-- why:    the question has two right answers, and people must know which they quote
-- differs: each has its own word for a number that need not be whole

create or replace view team_science_answer as

with

weeks as (
    select
        vote_count,
        voted_post_count,
        existing_post_vote_count,
        sum(created_post_count) over (order by week_start_date) as existing_post_count
    from votes_per_week
),

totals as (
    select
        count(*) as week_count,
        coalesce(sum(vote_count), 0) as vote_count,
        coalesce(sum(voted_post_count), 0) as voted_post_week_count,
        coalesce(sum(existing_post_vote_count), 0) as existing_post_vote_count,
        coalesce(sum(existing_post_count), 0) as existing_post_week_count
    from weeks
    where vote_count > 0
)

select
    -- Of the posts that got votes in a week, how many each got.
    cast(vote_count as float64)
    / nullif(voted_post_week_count, 0) as mean_votes_per_voted_post_per_week,
    -- Of all posts that there were by then, how many each got.
    cast(existing_post_vote_count as float64)
    / nullif(existing_post_week_count, 0) as mean_votes_per_existing_post_per_week,

    week_count,
    vote_count,
    voted_post_week_count,
    existing_post_vote_count,
    existing_post_week_count
from totals;
