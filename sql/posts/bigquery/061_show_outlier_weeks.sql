-- The number of calendar weeks whose vote count is more than 20 % off the mean.
--
-- reads:  team_science_outlier_weeks
-- grain:  one row
-- why:    somebody should look at them before trusting the answer

select count(*) as outlier_week_count
from team_science_outlier_weeks;
