-- Every key of a line that can be read is one that the tables have a column for.
--
-- reads:  clean_posts, clean_votes
-- grain:  one row per feed, batch and unknown key
-- why:    a new key is kept out of the tables, but somebody should hear of it
-- on failure: warn
-- differs: unknown keys are an array, which BigQuery takes apart in from

with

keyed_lines as (
    select
        'posts' as feed,
        clean_posts.batch,
        clean_posts.line_number,
        unknown_key
    from clean_posts
    cross join unnest(clean_posts.unknown_keys) as unknown_key
    where clean_posts.reason is null
    union all
    select
        'votes' as feed,
        clean_votes.batch,
        clean_votes.line_number,
        unknown_key
    from clean_votes
    cross join unnest(clean_votes.unknown_keys) as unknown_key
    where clean_votes.reason is null
)

select
    feed,
    batch,
    min(line_number) as line_number,

    unknown_key,
    count(*) as line_count
from keyed_lines
group by feed, batch, unknown_key
order by feed, batch, unknown_key;
