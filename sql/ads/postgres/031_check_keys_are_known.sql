-- Every key of an ad that can be read is one that the table has a column for.
--
-- reads:  clean_ads
-- grain:  one row per batch and unknown key
-- why:    a new key is kept in the answer's bytes, but somebody should hear of it
-- on failure: warn

with

unknown_keys as (
    select
        batch,
        line_number,
        unnest(unknown_keys) as unknown_key
    from clean_ads
    where unknown_keys is not null
)

select
    batch,
    min(line_number) as line_number,

    unknown_key,
    count(*) as line_count
from unknown_keys
group by batch, unknown_key
order by batch, unknown_key;
