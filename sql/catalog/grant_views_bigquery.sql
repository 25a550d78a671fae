-- Let each team of the catalog read its own views in BigQuery, and nothing else.
--
-- For an administrator, in the console: nothing runs this by itself. Put your own
-- names in the place of warehouse (the dataset of BIGQUERY_URL), of the location US
-- (that of the warehouse) and of the groups. It may be run again at any time.
--
-- BigQuery opens views, not rows, to those who may not read a table: a dataset for
-- each team holds its views, and the warehouse trusts the views of that dataset. This
-- trust has no SQL: open the dataset warehouse, Sharing, Authorize Datasets, and add
-- team_a and team_b, once. Without it each team is refused, which is the safe side.
-- To start a query at all, a team also needs roles/bigquery.jobUser on some project.

create schema if not exists team_a
options (location = 'US');

create or replace view team_a.products_with_image as
select *
from warehouse.team_a_products_with_image;

create or replace view team_a.products_with_image_latest as
select *
from warehouse.team_a_products_with_image_latest;

grant `roles/bigquery.dataViewer`
on schema team_a
to 'group:team-a@example.org';

create schema if not exists team_b
options (location = 'US');

create or replace view team_b.samsung_without_image_after_2000 as
select *
from warehouse.team_b_samsung_without_image_after_2000;

create or replace view team_b.samsung_without_image_after_2000_latest as
select *
from warehouse.team_b_samsung_without_image_after_2000_latest;

grant `roles/bigquery.dataViewer`
on schema team_b
to 'group:team-b@example.org';
