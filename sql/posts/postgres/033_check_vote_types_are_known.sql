-- Every vote type is one that vote_types has a name for.
--
-- reads:  clean_votes, vote_types
-- grain:  one row per batch and vote type without a name
-- why:    a new type counts in all answers, but nobody has said yet what it means
-- on failure: warn

with

types_of_batches as (
    select
        batch,
        vote_type_id,
        min(line_number) as line_number,
        count(*) as line_count
    from clean_votes
    where reason is null
    group by batch, vote_type_id
)

select
    types_of_batches.batch,
    types_of_batches.line_number,

    types_of_batches.vote_type_id,
    types_of_batches.line_count
from types_of_batches
left join vote_types on types_of_batches.vote_type_id = vote_types.vote_type_id
where vote_types.vote_type_id is null
order by types_of_batches.batch, types_of_batches.vote_type_id;
