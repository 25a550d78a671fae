-- Say for each vote what becomes of its best copy.
--
-- reads:  latest_votes, votes
-- writes: compared_votes
-- grain:  one row per vote_id of this run
-- why:    a line is never dropped without a word, and an old copy never wins
-- differs: each has its own word for equal rows; PostgreSQL's planner wants figures

create temp table compared_votes as

select
    latest.vote_id,
    latest.post_id,
    latest.vote_type_id,
    latest.user_id,

    latest.bounty_amount,
    latest.vote_date,
    case
        when kept.vote_id is null then 'inserted'
        when (
            latest.post_id,
            latest.vote_type_id,
            latest.user_id,
            latest.bounty_amount,
            latest.vote_date
        ) is (
            kept.post_id,
            kept.vote_type_id,
            kept.user_id,
            kept.bounty_amount,
            kept.vote_date
        ) then 'unchanged'
        when
            (latest.batch, latest.line_number) > (kept.batch, kept.line_number)
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
left join votes as kept on latest.vote_id = kept.vote_id;
