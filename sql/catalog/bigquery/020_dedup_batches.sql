-- Count the rows of each batch, and say which batch of its day came last.
--
-- reads:  clean_products
-- writes: latest_batches
-- grain:  one row per batch of this run that has rows that can be read
-- why:    a day that is delivered again is replaced as a whole, never mixed
-- differs: BigQuery makes a working table anew when a job is tried again

create or replace temp table latest_batches as

select
    catalog_date,

    count(*) as row_count,
    batch = max(batch) over (partition by catalog_date) as is_latest,

    batch
from clean_products
where reason is null
group by catalog_date, batch;
