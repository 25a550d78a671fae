-- Keep the best copy of each post: last active last, and of those the one sent last.
--
-- reads:  clean_posts
-- writes: latest_posts
-- grain:  one row per post_id
-- why:    a delivery may hold a post many times, as exact copies and as changed ones
-- differs: BigQuery makes a working table anew when a job is tried again

create temp table latest_posts as

with

ranked as (
    select
        post_id,
        batch,
        line_number,
        row_number() over (
            partition by post_id
            -- Two copies may carry the same time; then the later line wins.
            order by last_activity_at desc, batch desc, line_number desc
        ) as copy_number,
        count(*) over (partition by post_id) as copy_count
    from clean_posts
    where reason is null
)

select
    post_id,
    copy_count,

    batch,
    line_number
from ranked
where copy_number = 1;
