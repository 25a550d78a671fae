-- The mean number of votes per post per week.
--
-- reads:  team_science_answer
-- grain:  one row
-- why:    this is the question that the job exists for

select
    mean_votes_per_voted_post_per_week,
    mean_votes_per_existing_post_per_week,

    week_count,
    vote_count
from team_science_answer;
