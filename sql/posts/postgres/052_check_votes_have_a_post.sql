-- Every vote of this run is on a post that is there.
--
-- reads:  changed_votes_per_post_day, posts
-- grain:  one row if votes came for posts that are missing
-- why:    votes outlive deleted posts; far more than a tenth would be missing posts
-- on failure: warn
-- differs: BigQuery skips what stands outside of constant bounds

with

voted_posts as (
    select
        post_id,
        sum(vote_change) as vote_count
    from changed_votes_per_post_day
    group by post_id
    having sum(vote_change) > 0
)

select
    count(*) as missing_post_count,
    sum(voted_posts.vote_count) as vote_count
from voted_posts
left join posts on voted_posts.post_id = posts.post_id
where posts.post_id is null
having count(*) > 0;
