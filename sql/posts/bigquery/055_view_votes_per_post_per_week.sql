-- How many votes each post got in each ISO week in which it got any.
--
-- reads:  votes_per_post_day
-- writes: team_science_votes_per_post_per_week
-- grain:  one row per post_id and ISO week with at least one vote
-- why:    the data scientists ask for votes per post and week
-- differs: each has its own words for the parts of a date

create or replace view team_science_votes_per_post_per_week as

with

days as (
    select
        post_id,
        date_sub(
            vote_date, interval mod(extract(dayofweek from vote_date) + 5, 7) day
        ) as week_start_date,
        vote_count,
        up_vote_count,
        down_vote_count
    from votes_per_post_day
)

select
    post_id,
    -- The year belongs to the week: it is the year of the week's Thursday.
    extract(isoyear from week_start_date) as iso_year,
    extract(isoweek from week_start_date) as iso_week_number,

    sum(vote_count) as vote_count,
    sum(up_vote_count) as up_vote_count,
    sum(down_vote_count) as down_vote_count,

    week_start_date
from days
group by post_id, week_start_date;
