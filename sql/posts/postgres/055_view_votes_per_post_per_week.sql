-- How many votes each post got in each ISO week in which it got any.
--
-- reads:  votes_per_post_day
-- writes: team_science_votes_per_post_per_week
-- grain:  one row per post_id and ISO week with at least one vote
-- why:    the data scientists ask for votes per post and week
-- differs: each has its own words for the parts of a date

drop view if exists team_science_votes_per_post_per_week;

create view team_science_votes_per_post_per_week as

with

days as (
    select
        post_id,
        vote_date
        - cast(extract(isodow from vote_date) as integer) + 1 as week_start_date,
        vote_count,
        up_vote_count,
        down_vote_count
    from votes_per_post_day
)

select
    post_id,
    -- The year belongs to the week: it is the year of the week's Thursday.
    cast(extract(isoyear from week_start_date) as integer) as iso_year,
    cast(extract(week from week_start_date) as integer) as iso_week_number,

    cast(sum(vote_count) as bigint) as vote_count,
    cast(sum(up_vote_count) as bigint) as up_vote_count,
    cast(sum(down_vote_count) as bigint) as down_vote_count,

    week_start_date
from days
group by post_id, week_start_date;
