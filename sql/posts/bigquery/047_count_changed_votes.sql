-- Count by post and day what the votes of this run have changed.
--
-- reads:  compared_votes
-- writes: changed_votes_per_post_day
-- grain:  one row per post_id and day of which a vote came, went or changed
-- why:    kept counts are brought up to date by these alone, never by counting history
-- differs: each has its own words for a day's Monday

create or replace temp table changed_votes_per_post_day as

with

changes as (
    select
        post_id,
        vote_date,
        vote_type_id,
        1 as vote_change
    from compared_votes
    where outcome in ('inserted', 'updated')
    union all
    select
        previous_post_id as post_id,
        previous_vote_date as vote_date,
        previous_vote_type_id as vote_type_id,
        -1 as vote_change
    from compared_votes
    where outcome = 'updated'
)

select
    post_id,
    date_sub(
        vote_date, interval mod(extract(dayofweek from vote_date) + 5, 7) day
    ) as week_start_date,
    vote_date,

    sum(vote_change) as vote_change,
    sum(case when vote_type_id = 2 then vote_change else 0 end) as up_vote_change,
    sum(case when vote_type_id = 3 then vote_change else 0 end) as down_vote_change
from changes
group by post_id, vote_date;
