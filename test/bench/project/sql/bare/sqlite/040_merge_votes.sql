-- Have every delivered vote in the table, typed.
--
-- reads:  staging_votes
-- writes: votes
-- grain:  one row per vote_id
-- why:    a vote that is sent again replaces the one that was there

insert into votes (
    vote_id,
    post_id,
    vote_type_id,
    user_id,
    bounty_amount,
    vote_date
)
select
    cast(json_extract(body, '$.Id') as integer),
    cast(json_extract(body, '$.PostId') as integer),
    cast(json_extract(body, '$.VoteTypeId') as integer),
    cast(json_extract(body, '$.UserId') as integer),

    cast(json_extract(body, '$.BountyAmount') as integer),
    substr(json_extract(body, '$.CreationDate'), 1, 10)
from staging_votes
where body is not null
-- As they came: of two lines with one id, the later is put over the earlier.
order by rowid

on conflict (vote_id) do update set
    post_id = excluded.post_id,
    vote_type_id = excluded.vote_type_id,
    user_id = excluded.user_id,
    bounty_amount = excluded.bounty_amount,
    vote_date = excluded.vote_date;
