-- Count by ISO week what the posts and votes of this run have changed.
--
-- reads:  changed_votes_per_post_day, votes_per_post_day, compared_posts, posts
-- writes: changed_weeks
-- grain:  one row per ISO week whose votes or posts may have changed
-- why:    a late post changes weeks long past, and only those shall be touched
-- differs: each has its own words for a day's Monday, and for counting only once

create temp table changed_weeks as

with

changed_post_weeks as (
    select
        post_id,
        week_start_date,
        sum(vote_change) as vote_change,
        sum(up_vote_change) as up_vote_change,
        sum(down_vote_change) as down_vote_change
    from changed_votes_per_post_day
    group by post_id, week_start_date
),

-- What is new, how much of it is on posts that are there, and what was there before.
counted_post_weeks as (
    select
        changed.week_start_date,
        changed.vote_change,
        changed.up_vote_change,
        changed.down_vote_change,
        case
            when posts.post_id is not null then changed.vote_change
            else 0
        end as existing_post_vote_change,
        (
            select coalesce(sum(kept.vote_count), 0)
            from votes_per_post_day as kept
            where
                kept.post_id = changed.post_id
                and kept.vote_date between changed.week_start_date
                and coalesce(date(changed.week_start_date, '+6 days'), '9999-12-31')
        ) as previous_vote_count
    from changed_post_weeks as changed
    left join posts on changed.post_id = posts.post_id
    -- Counts once for each post and week, not once for each use.
    limit -1
),

changes as (
    select
        week_start_date,
        vote_change,
        up_vote_change,
        down_vote_change,
        case when previous_vote_count + vote_change > 0 then 1 else 0 end
        - case when previous_vote_count > 0 then 1 else 0 end as voted_post_change,
        existing_post_vote_change,
        0 as created_post_change
    from counted_post_weeks
    where true
    union all
    -- The votes that were here before their post.
    select
        date(kept.vote_date, '-6 days', 'weekday 1') as week_start_date,
        0 as vote_change,
        0 as up_vote_change,
        0 as down_vote_change,
        0 as voted_post_change,
        kept.vote_count as existing_post_vote_change,
        0 as created_post_change
    from compared_posts
    inner join votes_per_post_day as kept on compared_posts.post_id = kept.post_id
    where compared_posts.outcome = 'inserted'
    union all
    select
        date(created_at, '-6 days', 'weekday 1') as week_start_date,
        0 as vote_change,
        0 as up_vote_change,
        0 as down_vote_change,
        0 as voted_post_change,
        0 as existing_post_vote_change,
        1 as created_post_change
    from compared_posts
    where outcome in ('inserted', 'updated')
    union all
    select
        date(previous_created_at, '-6 days', 'weekday 1') as week_start_date,
        0 as vote_change,
        0 as up_vote_change,
        0 as down_vote_change,
        0 as voted_post_change,
        0 as existing_post_vote_change,
        -1 as created_post_change
    from compared_posts
    where outcome = 'updated'
)

select
    week_start_date,

    sum(vote_change) as vote_change,
    sum(up_vote_change) as up_vote_change,
    sum(down_vote_change) as down_vote_change,
    sum(voted_post_change) as voted_post_change,
    sum(existing_post_vote_change) as existing_post_vote_change,
    sum(created_post_change) as created_post_change
from changes
group by week_start_date;
