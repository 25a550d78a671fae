-- migrate:up

-- An hour may be missed, but not two; the archive runs once a day.
insert into sluice_promises (job, fresh_within_hours)
values ('ads', 2), ('ads_archive', 26);

-- migrate:down

delete from sluice_promises where job in ('ads', 'ads_archive');
