-- migrate:up

-- What a vote can mean, as the source numbers it.
create table vote_types (
    vote_type_id integer primary key,
    vote_type_name text not null
) strict;

insert into vote_types (vote_type_id, vote_type_name)
values
    (1, 'AcceptedByOriginator'),
    (2, 'UpMod'),
    (3, 'DownMod'),
    (4, 'Offensive'),
    (5, 'Favorite'),
    (6, 'Close'),
    (7, 'Reopen'),
    (8, 'BountyStart'),
    (9, 'BountyClose'),
    (10, 'Deletion'),
    (11, 'Undeletion'),
    (12, 'Spam'),
    (13, 'InformModerator'),
    (15, 'ModeratorReview'),
    (16, 'ApproveEditSuggestion');

-- migrate:down

drop table vote_types;
