-- Have each delivered vote once, typed: the line that came last.
--
-- reads:  staging_votes
-- writes: latest_votes
-- grain:  one row per vote_id
-- why:    a vote may be delivered twice, and all values are text

create temp table latest_votes as

with

-- "unnest" has each line parsed once, and lets several processes do so at a time.
parsed_votes as (
    select
        unnest(array[body::jsonb]) as vote,

        batch,
        line_number
    from staging_votes
)

select distinct on (vote_id)
    (vote ->> 'Id')::bigint as vote_id,
    (vote ->> 'PostId')::bigint as post_id,
    (vote ->> 'VoteTypeId')::bigint as vote_type_id,
    (vote ->> 'UserId')::bigint as user_id,

    (vote ->> 'BountyAmount')::bigint as bounty_amount,
    (vote ->> 'CreationDate')::date as vote_date
from parsed_votes
order by vote_id, batch desc, line_number desc;
