-- Say for each batch what becomes of its rows.
--
-- reads:  latest_batches, products_per_day, clean_products, catalog
-- writes: compared_batches
-- grain:  one row per batch of this run that has rows that can be read
-- why:    the batch that came last is its day, in whatever order batches are loaded
-- differs: BigQuery skips what stands outside of constant bounds

-- Only the days between these are read, here and further down.
declare lowest_date date default (select min(catalog_date) from latest_batches);
declare highest_date date default (select max(catalog_date) from latest_batches);

create or replace temp table compared_batches as

with

judged_batches as (
    select
        latest.catalog_date,
        case
            when not latest.is_latest or latest.batch < kept.batch then 'older'
            when kept.catalog_date is null then 'inserted'
            when latest.batch = kept.batch then 'unchanged'
            else 'replaced'
        end as outcome,
        latest.row_count,
        coalesce(kept.product_count, 0) as kept_day_count,
        latest.batch
    from latest_batches as latest
    left join products_per_day as kept
        on latest.catalog_date = kept.catalog_date
),

-- Of a batch that is its day already, only rows that were rejected may be new.
known_rows as (
    select
        clean_products.batch,
        count(*) as known_count
    from clean_products
    inner join catalog
        on clean_products.catalog_date = catalog.catalog_date
        and clean_products.batch = catalog.batch
        and clean_products.line_number = catalog.line_number
    where
        clean_products.reason is null
        and catalog.catalog_date between lowest_date and highest_date
        and clean_products.batch in (
            select judged_batches.batch
            from judged_batches
            where judged_batches.outcome = 'unchanged'
        )
    group by clean_products.batch
)

select
    judged.catalog_date,
    judged.outcome,

    judged.row_count,
    coalesce(known_rows.known_count, 0) as known_count,
    judged.kept_day_count,

    judged.batch
from judged_batches as judged
left join known_rows on judged.batch = known_rows.batch;
