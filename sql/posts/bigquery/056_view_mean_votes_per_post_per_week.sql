-- The mean number of votes per post in each ISO week, for posts voted on and for all.
--
-- reads:  votes_per_week
-- writes: team_science_mean_votes_per_post_per_week
-- grain:  one row per ISO week with at least one vote
-- why:    the mean over posts voted on hides the posts that nobody votes on, so both
-- differs: each has its own words for the parts of a date

create or replace view team_science_mean_votes_per_post_per_week as

with

weeks as (
    select
        week_start_date,
        vote_count,
        up_vote_count,
        down_vote_count,
        voted_post_count,
        existing_post_vote_count,
        -- A week without votes has no mean, but its new posts exist from then on.
        sum(created_post_count) over (order by week_start_date) as existing_post_count
    from votes_per_week
)

select
    -- The year belongs to the week: it is the year of the week's Thursday.
    extract(isoyear from week_start_date) as iso_year,
    extract(isoweek from week_start_date) as iso_week_number,

    vote_count,
    up_vote_count,
    down_vote_count,
    voted_post_count,
    existing_post_count,
    existing_post_vote_count,
    cast(vote_count as float64)
    / voted_post_count as mean_votes_per_voted_post,
    cast(existing_post_vote_count as float64)
    / nullif(existing_post_count, 0) as mean_votes_per_existing_post,

    week_start_date
from weeks
where vote_count > 0
order by week_start_date;
