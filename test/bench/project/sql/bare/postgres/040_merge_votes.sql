-- Have every delivered vote in the table.
--
-- reads:  latest_votes
-- writes: votes
-- grain:  one row per vote_id
-- why:    a vote that is sent again replaces the one that was there

merge into votes as kept

using latest_votes as latest
on kept.vote_id = latest.vote_id

when matched then update set
    post_id = latest.post_id,
    vote_type_id = latest.vote_type_id,
    user_id = latest.user_id,
    bounty_amount = latest.bounty_amount,
    vote_date = latest.vote_date

when not matched then insert (
    vote_id,
    post_id,
    vote_type_id,
    user_id,
    bounty_amount,
    vote_date
)
values (
    latest.vote_id,
    latest.post_id,
    latest.vote_type_id,
    latest.user_id,
    latest.bounty_amount,
    latest.vote_date
);
