-- The calendar weeks whose vote count is more than 20 % off the mean weekly count.
--
-- reads:  votes_per_day
-- writes: team_science_outlier_weeks
-- grain:  one row per calendar year and %W week that is an outlier
-- why:    an odd week is worth a look before anyone trusts a mean
-- differs: each has its own words for the parts of a date

create or replace view team_science_outlier_weeks as

with

days as (
    select
        extract(year from vote_date) as year,
        -- %W: weeks start on Monday; the days before the year's first are week 0.
        cast(format_date('%W', vote_date) as int64) as week_number,
        vote_count
    from votes_per_day
),

weeks as (
    select
        year,
        week_number,
        sum(vote_count) as vote_count
    from days
    group by year, week_number
),

totals as (
    select
        count(*) as week_count,
        sum(vote_count) as vote_count
    from weeks
)

select
    weeks.year,
    weeks.week_number,

    weeks.vote_count
from weeks
cross join totals
-- Whole numbers only: a week that is off by exactly a fifth is no outlier.
where
    abs(weeks.vote_count * totals.week_count - totals.vote_count) * 5
    > totals.vote_count
order by weeks.year, weeks.week_number;
