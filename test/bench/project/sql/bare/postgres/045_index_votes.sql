-- Have one vote under each id, and find it by its id.
--
-- reads:  votes
-- writes: votes
-- grain:  one row per vote_id
-- why:    a key that is made after the first load takes half the time of one made before

create unique index if not exists votes_by_id on votes (vote_id);
