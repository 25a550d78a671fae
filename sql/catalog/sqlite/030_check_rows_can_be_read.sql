-- Most rows of a batch can be read.
--
-- reads:  clean_products, sluice_batch_events
-- grain:  one row per batch of which more than half of the rows are rejected
-- why:    another file, or one that was cut or mangled on its way, is no delivery
-- on failure: stop

with

rejected_batches as (
    select
        batch,
        min(line_number) as line_number,
        count(*) as rejected_count,
        min(reason) as example_reason
    from clean_products
    where reason is not null
    group by batch
),

-- Of the delivery, not of this run: readmitted rows are only a part of theirs.
delivered_batches as (
    select
        batch,
        max(line_count - blank_count) as row_count
    from sluice_batch_events
    where
        job = 'catalog'
        and feed = 'catalog'
        and event = 'staged'
        and batch in (select rejected_batches.batch from rejected_batches)
    group by batch
)

select
    rejected_batches.batch,
    rejected_batches.line_number,

    delivered_batches.row_count,
    rejected_batches.rejected_count,
    rejected_batches.example_reason
from rejected_batches
inner join delivered_batches
    on rejected_batches.batch = delivered_batches.batch
where rejected_batches.rejected_count * 2 > delivered_batches.row_count;
