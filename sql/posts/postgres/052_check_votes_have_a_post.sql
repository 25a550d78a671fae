-- Every vote of this run is on a post that is there.
--
-- reads:  compared_votes, posts
-- grain:  one row per batch with votes on missing posts
-- why:    votes outlive deleted posts; many at once would mean that posts are missing
-- on failure: warn

select
    compared_votes.batch,
    min(compared_votes.line_number) as line_number,

    count(*) as vote_count,
    count(distinct compared_votes.post_id) as missing_post_count
from compared_votes
left join posts on compared_votes.post_id = posts.post_id
where
    compared_votes.outcome in ('inserted', 'updated')
    and posts.post_id is null
group by compared_votes.batch
order by compared_votes.batch;
