-- Count each day that changed, for both teams.
--
-- reads:  compared_batches, catalog
-- writes: products_per_day
-- grain:  one row per catalog_date
-- why:    teams watch these numbers day by day, and history is never counted again
-- differs: BigQuery merges where SQLite inserts on conflict, and skips by bounds

insert into products_per_day (
    catalog_date,
    product_count,
    with_image_count,
    samsung_without_image_after_2000_count,
    batch
)
select
    catalog_date,

    count(*) as product_count,
    count(image) as with_image_count,
    count(
        case
            when brand = 'Samsung' and image is null and year_release > 2000 then 1
        end
    ) as samsung_without_image_after_2000_count,

    batch
from catalog
where catalog_date in (
    select compared_batches.catalog_date
    from compared_batches
    where compared_batches.outcome <> 'older'
)
group by catalog_date, batch
on conflict (catalog_date) do update set
    product_count = excluded.product_count,
    with_image_count = excluded.with_image_count,
    samsung_without_image_after_2000_count
    = excluded.samsung_without_image_after_2000_count,
    batch = excluded.batch;
