-- Write the votes that are new and those that have changed.
--
-- reads:  compared_votes, current_run
-- writes: votes
-- grain:  one row per vote_id
-- why:    every answer counts votes, and each of them must count once
-- differs: SQLite has insert … on conflict where PostgreSQL has merge

insert into votes (
    vote_id,
    post_id,
    vote_type_id,
    user_id,
    bounty_amount,
    vote_date,
    batch,
    line_number,
    inserted_at,
    updated_at
)
select
    compared.vote_id,
    compared.post_id,
    compared.vote_type_id,
    compared.user_id,

    compared.bounty_amount,
    compared.vote_date,

    compared.batch,
    compared.line_number,
    current_run.started_at as inserted_at,
    current_run.started_at as updated_at
from compared_votes as compared
cross join current_run
where compared.outcome in ('inserted', 'updated')
on conflict (vote_id) do update set
    post_id = excluded.post_id,
    vote_type_id = excluded.vote_type_id,
    user_id = excluded.user_id,
    bounty_amount = excluded.bounty_amount,
    vote_date = excluded.vote_date,
    batch = excluded.batch,
    line_number = excluded.line_number,
    updated_at = excluded.updated_at;
