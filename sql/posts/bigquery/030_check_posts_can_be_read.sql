-- Most lines of a posts batch can be read.
--
-- reads:  clean_posts, sluice_batch_events
-- grain:  one row per batch of which more than half of the lines are rejected
-- why:    two files swapped, a web page or another encoding is no delivery at all
-- on failure: stop

with

rejected_batches as (
    select
        batch,
        min(line_number) as line_number,
        count(*) as rejected_count,
        min(reason) as example_reason
    from clean_posts
    where reason is not null
    group by batch
),

-- Of the delivery, not of this run: readmitted lines are only a part of theirs.
delivered_batches as (
    select
        batch,
        max(line_count - blank_count) as line_count
    from sluice_batch_events
    where
        job = 'posts'
        and feed = 'posts'
        and event = 'staged'
        and batch in (select rejected_batches.batch from rejected_batches)
    group by batch
)

select
    rejected_batches.batch,
    rejected_batches.line_number,

    delivered_batches.line_count,
    rejected_batches.rejected_count,
    rejected_batches.example_reason
from rejected_batches
inner join delivered_batches
    on rejected_batches.batch = delivered_batches.batch
where rejected_batches.rejected_count * 2 > delivered_batches.line_count;
