-- Say for each vote what becomes of its best copy.
--
-- reads:  latest_votes, votes
-- writes: compared_votes
-- grain:  one row per vote_id of this run
-- why:    a line is never dropped without a word, and an old copy never wins
-- differs: BigQuery compares no rows, and skips what stands outside of constant bounds

-- Only the partitions between these are read.
declare lowest_vote_id int64 default (select min(vote_id) from latest_votes);
declare highest_vote_id int64 default (select max(vote_id) from latest_votes);

create or replace temp table compared_votes as

select
    latest.vote_id,
    latest.post_id,
    latest.vote_type_id,
    latest.user_id,

    latest.bounty_amount,
    latest.vote_date,
    case
        when kept.vote_id is null then 'inserted'
        when
            latest.post_id is not distinct from kept.post_id
            and latest.vote_type_id is not distinct from kept.vote_type_id
            and latest.user_id is not distinct from kept.user_id
            and latest.bounty_amount is not distinct from kept.bounty_amount
            and latest.vote_date is not distinct from kept.vote_date
            then 'unchanged'
        when
            latest.batch > kept.batch
            or latest.batch = kept.batch
            and latest.line_number > kept.line_number
            then 'updated'
        else 'older'
    end as outcome,
    latest.copy_count,

    kept.post_id as previous_post_id,
    kept.vote_type_id as previous_vote_type_id,
    kept.vote_date as previous_vote_date,

    latest.batch,
    latest.line_number
from latest_votes as latest
left join votes as kept
    on latest.vote_id = kept.vote_id
    and kept.vote_id between lowest_vote_id and highest_vote_id;
