-- migrate:up

create table staging_votes (
    batch text collate "C" not null,
    line_number bigint not null,
    body text
);

-- Its key is made by 045, after the first load: that takes half the time.
create table votes (
    vote_id bigint not null,
    post_id bigint not null,
    vote_type_id bigint not null,
    user_id bigint,
    bounty_amount bigint,
    vote_date date not null
);

-- migrate:down

drop table votes;
drop table staging_votes;
