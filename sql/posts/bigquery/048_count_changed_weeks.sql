-- Count by ISO week what the posts and votes of this run have changed.
--
-- reads:  changed_votes_per_post_day, votes_per_post_day, compared_posts, posts
-- writes: changed_weeks
-- grain:  one row per ISO week whose votes or posts may have changed
-- why:    a late post changes weeks long past, and only those shall be touched
-- differs: each has its own words for a day's Monday; BigQuery skips by bounds

-- Only what stands between these is read: partitions by these bounds, or clusters.
declare lowest_week_start_date date default (
    select min(week_start_date) from changed_votes_per_post_day
);
declare highest_week_end_date date default (
    select date_add(max(week_start_date), interval 6 day)
    from changed_votes_per_post_day
);
declare lowest_voted_post_id int64 default (
    select min(post_id) from changed_votes_per_post_day
);
declare highest_voted_post_id int64 default (
    select max(post_id) from changed_votes_per_post_day
);
declare lowest_new_post_id int64 default (
    select min(post_id) from compared_posts where outcome = 'inserted'
);
declare highest_new_post_id int64 default (
    select max(post_id) from compared_posts where outcome = 'inserted'
);

create or replace temp table changed_weeks as

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

-- What was there before, of the weeks in which anything has changed.
previous_post_weeks as (
    select
        kept.post_id,
        changed.week_start_date,
        sum(kept.vote_count) as vote_count
    from votes_per_post_day as kept
    inner join changed_post_weeks as changed
        on kept.post_id = changed.post_id
        and date_diff(kept.vote_date, changed.week_start_date, day) between 0 and 6
    where kept.vote_date between lowest_week_start_date and highest_week_end_date
    group by kept.post_id, changed.week_start_date
),

-- What is new, how much of it is on posts that are there, and what was there before.
counted_post_weeks as (
    select
        changed.week_start_date,
        changed.vote_change,
        changed.up_vote_change,
        changed.down_vote_change,
        if(posts.post_id is null, 0, changed.vote_change) as existing_post_vote_change,
        coalesce(previous.vote_count, 0) as previous_vote_count
    from changed_post_weeks as changed
    left join posts
        on changed.post_id = posts.post_id
        and posts.post_id between lowest_voted_post_id and highest_voted_post_id
    left join previous_post_weeks as previous
        on changed.post_id = previous.post_id
        and changed.week_start_date = previous.week_start_date
),

-- The votes that were here before their post, and when posts were made.
dated_changes as (
    select
        kept.vote_date as change_date,
        kept.vote_count as existing_post_vote_change,
        0 as created_post_change
    from compared_posts
    inner join votes_per_post_day as kept
        on compared_posts.post_id = kept.post_id
        and kept.post_id between lowest_new_post_id and highest_new_post_id
    where compared_posts.outcome = 'inserted'
    union all
    select
        date(created_at, 'UTC') as change_date,
        0 as existing_post_vote_change,
        1 as created_post_change
    from compared_posts
    where outcome in ('inserted', 'updated')
    union all
    select
        date(previous_created_at, 'UTC') as change_date,
        0 as existing_post_vote_change,
        -1 as created_post_change
    from compared_posts
    where outcome = 'updated'
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
    union all
    select
        date_sub(
            change_date, interval mod(extract(dayofweek from change_date) + 5, 7) day
        ) as week_start_date,
        0 as vote_change,
        0 as up_vote_change,
        0 as down_vote_change,
        0 as voted_post_change,
        existing_post_vote_change,
        created_post_change
    from dated_changes
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
