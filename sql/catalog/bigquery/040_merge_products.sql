-- Make each delivered day what its last batch says, and leave all other days alone.
--
-- reads:  compared_batches, clean_products, catalog
-- writes: catalog
-- grain:  one row per product row of a day's file
-- why:    rows have no key: only a day as a whole can be loaded twice and be right
-- differs: BigQuery skips by bounds, and joins instead of asking row by row

delete from catalog
where
    catalog_date between lowest_date and highest_date
    and catalog_date in (
        select compared_batches.catalog_date
        from compared_batches
        where compared_batches.outcome = 'replaced'
    );

insert into catalog (
    catalog_date,
    brand,
    category_id,
    comment,
    currency,
    description,
    image,
    year_release,
    batch,
    line_number
)
select
    fresh.catalog_date,

    fresh.brand,
    fresh.category_id,
    fresh.comment,
    fresh.currency,
    fresh.description,
    fresh.image,
    fresh.year_release,

    fresh.batch,
    fresh.line_number
from clean_products as fresh
inner join compared_batches as compared on fresh.batch = compared.batch
-- Of a batch that is its day already, only rows that were rejected are new.
left join catalog as kept
    on fresh.catalog_date = kept.catalog_date
    and fresh.batch = kept.batch
    and fresh.line_number = kept.line_number
    and kept.catalog_date between lowest_date and highest_date
where
    fresh.reason is null
    and compared.outcome <> 'older'
    and kept.line_number is null;
