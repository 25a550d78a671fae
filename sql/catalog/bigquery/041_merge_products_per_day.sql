-- Count each day that changed, for both teams.
--
-- reads:  compared_batches, catalog
-- writes: products_per_day
-- grain:  one row per catalog_date
-- why:    teams watch these numbers day by day, and history is never counted again
-- differs: BigQuery merges where SQLite inserts on conflict, and skips by bounds

merge into products_per_day as kept

using (
    select
        catalog_date,
        count(*) as product_count,
        count(image) as with_image_count,
        count(
            case
                when brand = 'Samsung' and image is null and year_release > 2000 then 1
            end
        ) as samsung_without_image_after_2000_count,
        -- All rows of a day are of one batch: 046 looks at it.
        max(batch) as batch
    from catalog
    where
        catalog_date between lowest_date and highest_date
        and catalog_date in (
            select compared_batches.catalog_date
            from compared_batches
            where compared_batches.outcome <> 'older'
        )
    group by catalog_date
) as counted
on kept.catalog_date = counted.catalog_date

when matched then update set
    product_count = counted.product_count,
    with_image_count = counted.with_image_count,
    samsung_without_image_after_2000_count
    = counted.samsung_without_image_after_2000_count,
    batch = counted.batch

when not matched then insert (
    catalog_date,
    product_count,
    with_image_count,
    samsung_without_image_after_2000_count,
    batch
)
values (
    counted.catalog_date,
    counted.product_count,
    counted.with_image_count,
    counted.samsung_without_image_after_2000_count,
    counted.batch
);
