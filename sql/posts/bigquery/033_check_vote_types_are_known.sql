-- Every vote type is one that vote_types has a name for.
--
-- reads:  clean_votes, vote_types
-- grain:  one row per batch and vote type without a name
-- why:    a new type counts in all answers, but nobody has said yet what it means
-- on failure: warn

select
    clean_votes.batch,
    min(clean_votes.line_number) as line_number,

    clean_votes.vote_type_id,
    count(*) as line_count
from clean_votes
left join vote_types on clean_votes.vote_type_id = vote_types.vote_type_id
where
    clean_votes.reason is null
    and vote_types.vote_type_id is null
group by clean_votes.batch, clean_votes.vote_type_id
order by clean_votes.batch, clean_votes.vote_type_id;
