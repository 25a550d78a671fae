-- What was loaded on the last three days.
--
-- reads:  team_ads_loads
-- grain:  one row per day
-- why:    who starts the job wants to see that it loads, every hour

select
    loaded_date,

    load_count,
    batch_count,
    line_count,
    inserted_count,
    repeated_count,
    rejected_count,
    set_aside_count
from team_ads_loads
order by loaded_date desc
limit 3;
