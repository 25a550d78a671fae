-- migrate:up

insert into vote_types (vote_type_id, vote_type_name)
select
    named.vote_type_id,
    named.vote_type_name
from unnest([
    struct(1 as vote_type_id, 'AcceptedByOriginator' as vote_type_name),
    struct(2 as vote_type_id, 'UpMod' as vote_type_name),
    struct(3 as vote_type_id, 'DownMod' as vote_type_name),
    struct(4 as vote_type_id, 'Offensive' as vote_type_name),
    struct(5 as vote_type_id, 'Favorite' as vote_type_name),
    struct(6 as vote_type_id, 'Close' as vote_type_name),
    struct(7 as vote_type_id, 'Reopen' as vote_type_name),
    struct(8 as vote_type_id, 'BountyStart' as vote_type_name),
    struct(9 as vote_type_id, 'BountyClose' as vote_type_name),
    struct(10 as vote_type_id, 'Deletion' as vote_type_name),
    struct(11 as vote_type_id, 'Undeletion' as vote_type_name),
    struct(12 as vote_type_id, 'Spam' as vote_type_name),
    struct(13 as vote_type_id, 'InformModerator' as vote_type_name),
    struct(15 as vote_type_id, 'ModeratorReview' as vote_type_name),
    struct(16 as vote_type_id, 'ApproveEditSuggestion' as vote_type_name)
]) as named
-- What is named already is left as it is: this may be run again.
where not exists (
    select 1
    from vote_types
    where vote_types.vote_type_id = named.vote_type_id
);

-- migrate:down

delete from vote_types
where vote_type_id between 1 and 16;
