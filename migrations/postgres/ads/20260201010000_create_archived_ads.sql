-- migrate:up

-- Ads that live in the archive only: one row per ad, so that a late repeat of it
-- is known, and so that a restore brings back what was taken away and no more.
create table archived_ads (
    ad_id text collate "C" primary key,
    shown_date date not null,
    -- The key of the object in the store that holds the ad.
    object text collate "C" not null
);

-- What people decide about ads: one row.
create table ads_settings (
    -- Ads that were shown longer ago than this go to the archive.
    retention_days integer not null check (retention_days >= 0)
);

create unique index ads_settings_has_one_row on ads_settings ((true));

insert into ads_settings (retention_days) values (30);

-- JSON's own null would come back from the archive as no value at all.
alter table ads add constraint ads_scheme_is_no_json_null
check (jsonb_typeof(ad_scheme) <> 'null');

-- migrate:down

alter table ads drop constraint ads_scheme_is_no_json_null;
drop table ads_settings;
drop table archived_ads;
