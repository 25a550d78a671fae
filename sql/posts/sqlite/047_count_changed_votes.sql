-- Count by post and day what the votes of this run have changed.
--
-- reads:  compared_votes
-- writes: changed_votes_per_post_day
-- grain:  one row per post_id and day of which a vote came, went or changed
-- why:    kept counts are brought up to date by these alone, never by counting history
-- differs: SQLite keeps the rows in order of their key, so that it sorts only once

create temp table changed_votes_per_post_day (
    post_id integer,
    week_start_date text,
    vote_date text,

    vote_change integer,
    up_vote_change integer,
    down_vote_change integer,
    primary key (post_id, week_start_date, vote_date)
) without rowid;

insert into changed_votes_per_post_day (
    post_id,
    week_start_date,
    vote_date,
    vote_change,
    up_vote_change,
    down_vote_change
)

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
    date(vote_date, '-6 days', 'weekday 1') as week_start_date,
    vote_date,

    sum(vote_change) as vote_change,
    sum(case when vote_type_id = 2 then vote_change else 0 end) as up_vote_change,
    sum(case when vote_type_id = 3 then vote_change else 0 end) as down_vote_change
from changes
group by post_id, vote_date;
