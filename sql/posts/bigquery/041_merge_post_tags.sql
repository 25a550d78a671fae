-- Give each post that is new or has changed the tags that it has now.
--
-- reads:  compared_posts, posts
-- writes: post_tags
-- grain:  one row per post_id and tag_number
-- why:    the source has a post's tags in one text, and questions are about one tag
-- differs: each takes a text apart by other means; BigQuery skips by bounds

delete from post_tags
where
    post_id between lowest_post_id and highest_post_id
    and post_id in (
        select compared_posts.post_id
        from compared_posts
        where compared_posts.outcome = 'updated'
    );

insert into post_tags (
    post_id,
    tag_number,
    tag
)

with

-- A tag stands between < and the next >; a text without them has no tags.
tag_places as (
    select
        posts.post_id,
        split(piece, '>')[offset(0)] as tag,
        min(place) as first_place
    from compared_posts
    inner join posts
        on compared_posts.post_id = posts.post_id
        and posts.post_id between lowest_post_id and highest_post_id
    cross join unnest(split(posts.tags, '<')) as piece with offset as place
    where
        compared_posts.outcome in ('inserted', 'updated')
        and place > 0
        and strpos(piece, '>') > 1
    group by posts.post_id, tag
)

select
    post_id,
    row_number() over (partition by post_id order by first_place) as tag_number,
    tag
from tag_places;
