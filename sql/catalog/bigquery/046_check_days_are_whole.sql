-- A day has the rows of its last batch, all of them and no other.
--
-- reads:  compared_batches, products_per_day
-- grain:  one row per batch whose day holds something else
-- why:    a day of which two deliveries are there, or one twice, looks like any other
-- on failure: stop

select
    compared.batch,
    1 as line_number,

    compared.catalog_date,
    compared.outcome,
    compared.row_count,
    compared.known_count,
    compared.kept_day_count,
    kept.product_count,
    kept.batch as kept_batch
from compared_batches as compared
left join products_per_day as kept
    on compared.catalog_date = kept.catalog_date
where
    compared.outcome <> 'older'
    and (
        kept.batch is null
        or kept.batch <> compared.batch
        or kept.product_count <> compared.row_count - compared.known_count
        -- Rows that were rejected join those that are there.
        + case
            when compared.outcome = 'unchanged' then compared.kept_day_count
            else 0
        end
    );
