-- Keep the best copy of each vote: the one that was sent last.
--
-- reads:  clean_votes
-- writes: latest_votes
-- grain:  one row per vote_id
-- why:    a vote may be sent again, and carries no time that tells copies apart
-- differs: SQLite sorts slowly but is fast by id; BigQuery the other way round

create or replace temp table latest_votes as

with

ranked as (
    select
        vote_id,
        post_id,
        vote_type_id,
        user_id,
        bounty_amount,
        vote_date,
        batch,
        line_number,
        row_number() over (
            partition by vote_id
            order by batch desc, line_number desc
        ) as copy_number,
        count(*) over (partition by vote_id) as copy_count
    from clean_votes
    where reason is null
)

select
    vote_id,
    post_id,
    vote_type_id,
    user_id,

    bounty_amount,
    vote_date,
    copy_count,

    batch,
    line_number
from ranked
where copy_number = 1;
