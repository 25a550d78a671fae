-- migrate:up

-- What the API answered and is not merged yet: an ad of an answer for each row.
-- Batches sort by their bytes: the order of arrival is no matter of language.
create table staging_backup (
    batch text collate "C" not null,
    line_number bigint not null,
    body text
);

-- One row per ad that was shown and has not been archived.
create table ads (
    -- A uuid in lower case; as bytes it is sorted and found twice as fast.
    ad_id text collate "C" primary key,
    ad_group text not null,
    -- Null where the API says "__unknown".
    ad_campaign bigint,
    is_campaign_known boolean not null,
    ad_scheme jsonb,

    -- Rounded to the millisecond.
    shown_at timestamptz not null,
    -- The start of the run that wrote the row.
    inserted_at timestamptz not null,

    batch text collate "C" not null,
    line_number bigint not null
);

-- The archive takes days away, and the views count by day.
create index ads_by_shown_at on ads (shown_at);

-- migrate:down

drop table ads;
drop table staging_backup;
