-- migrate:up

-- One row per post and tag; tag_number is its place among the post's tags.
create table if not exists post_tags (
    post_id int64 not null,
    tag_number int64 not null,
    tag string not null
)
partition by range_bucket(post_id, generate_array(0, 4000000000, 1000000))
cluster by post_id;

-- migrate:down

drop table if exists post_tags;
