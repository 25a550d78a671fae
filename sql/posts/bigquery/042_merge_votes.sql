-- Write the votes that are new and those that have changed.
--
-- reads:  compared_votes, current_run
-- writes: votes
-- grain:  one row per vote_id
-- why:    every answer counts votes, and each of them must count once
-- differs: BigQuery has no keys: it skips by bounds, and the source is made unique

merge into votes as kept

using (
    select
        compared.vote_id,
        compared.post_id,
        compared.vote_type_id,
        compared.user_id,

        compared.bounty_amount,
        compared.vote_date,

        compared.batch,
        compared.line_number,
        current_run.started_at
    from compared_votes as compared
    cross join current_run
    where compared.outcome in ('inserted', 'updated')
    qualify row_number() over (
        partition by compared.vote_id
        order by compared.batch desc, compared.line_number desc
    ) = 1
) as changed
on
    kept.vote_id = changed.vote_id
    and kept.vote_id between lowest_vote_id and highest_vote_id

when matched then update set
    post_id = changed.post_id,
    vote_type_id = changed.vote_type_id,
    user_id = changed.user_id,
    bounty_amount = changed.bounty_amount,
    vote_date = changed.vote_date,
    batch = changed.batch,
    line_number = changed.line_number,
    updated_at = changed.started_at

when not matched then insert (
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
values (
    changed.vote_id,
    changed.post_id,
    changed.vote_type_id,
    changed.user_id,
    changed.bounty_amount,
    changed.vote_date,
    changed.batch,
    changed.line_number,
    changed.started_at,
    changed.started_at
);
