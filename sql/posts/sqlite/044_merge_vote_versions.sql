-- Let each vote that came again as it was name the latest line that says so.
--
-- reads:  compared_votes
-- writes: votes
-- grain:  one row per vote_id
-- why:    else a copy from between the two would win, or not, by the order of loading
-- differs: BigQuery compares no rows, and skips what stands outside of constant bounds

update votes
set
    batch = compared.batch,
    line_number = compared.line_number
from compared_votes as compared
where
    votes.vote_id = compared.vote_id
    and compared.outcome = 'unchanged'
    and (compared.batch, compared.line_number) > (votes.batch, votes.line_number);
