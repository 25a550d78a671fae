-- Give each post that is new or has changed the tags that it has now.
--
-- reads:  compared_posts, posts
-- writes: post_tags
-- grain:  one row per post_id and tag_number
-- why:    the source has a post's tags in one text, and questions are about one tag
-- differs: SQLite takes a text apart as JSON, PostgreSQL as a table

delete from post_tags
where post_id in (
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
        substr(pieces.value, 1, instr(pieces.value, '>') - 1) as tag,
        min(pieces.key) as place
    from compared_posts
    inner join posts on compared_posts.post_id = posts.post_id
    cross join json_each(
        '[' || replace(json_quote(posts.tags), '<', '","') || ']'
    ) as pieces
    where
        compared_posts.outcome in ('inserted', 'updated')
        and posts.tags is not null
        and pieces.key > 0
        and instr(pieces.value, '>') > 1
    group by posts.post_id, tag
)

select
    post_id,
    row_number() over (partition by post_id order by place) as tag_number,
    tag
from tag_places;
