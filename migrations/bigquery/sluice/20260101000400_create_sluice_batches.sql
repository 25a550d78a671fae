-- migrate:up

-- Where each batch stands now.
create or replace view sluice_batches as
with

numbered as (
    select
        job,
        feed,
        batch,
        event as state,
        event_at as state_at,
        reason,
        row_number() over (
            partition by job, feed, batch
            order by event_at desc, event
        ) as age
    from sluice_batch_events
),

facts as (
    select
        job,
        feed,
        batch,
        min(event_at) as first_seen_at,
        max(object) as object,
        max(sha256) as sha256,
        max(byte_count) as byte_count,
        max(line_count) as line_count,
        max(source) as source
    from sluice_batch_events
    group by job, feed, batch
)

select
    facts.job,
    facts.feed,
    facts.batch,
    numbered.state,
    numbered.state_at,
    numbered.reason,
    facts.first_seen_at,
    facts.object,
    facts.sha256,
    facts.byte_count,
    facts.line_count,
    facts.source
from facts
join numbered
    on numbered.job = facts.job
    and numbered.feed = facts.feed
    and numbered.batch = facts.batch
    and numbered.age = 1;

-- migrate:down

drop view if exists sluice_batches;
