-- Keep the best copy of each vote: the one that was sent last.
--
-- reads:  clean_votes
-- writes: latest_votes
-- grain:  one row per vote_id
-- why:    a vote may be sent again, and carries no time that tells copies apart
-- differs: SQLite sorts slowly but is fast by id; PostgreSQL the other way round

create temp table latest_votes (
    vote_id integer primary key,
    post_id integer,
    vote_type_id integer,
    user_id integer,

    bounty_amount integer,
    vote_date text,
    copy_count integer,

    batch text,
    line_number integer
);

insert into latest_votes as best (
    vote_id,
    post_id,
    vote_type_id,
    user_id,
    bounty_amount,
    vote_date,
    copy_count,
    batch,
    line_number
)
select
    vote_id,
    post_id,
    vote_type_id,
    user_id,

    bounty_amount,
    vote_date,
    1 as copy_count,

    batch,
    line_number
from clean_votes
where reason is null
on conflict (vote_id) do update set
    copy_count = best.copy_count + 1,
    (
        post_id,
        vote_type_id,
        user_id,
        bounty_amount,
        vote_date,
        batch,
        line_number
    ) = (
        select
            excluded.post_id,
            excluded.vote_type_id,
            excluded.user_id,
            excluded.bounty_amount,
            excluded.vote_date,
            excluded.batch,
            excluded.line_number
        where (excluded.batch, excluded.line_number) > (best.batch, best.line_number)
        union all
        select
            best.post_id,
            best.vote_type_id,
            best.user_id,
            best.bounty_amount,
            best.vote_date,
            best.batch,
            best.line_number
        where (excluded.batch, excluded.line_number) < (best.batch, best.line_number)
    );
