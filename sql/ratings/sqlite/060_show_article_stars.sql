-- The three articles with the most ratings.
--
-- reads:  team_reviews_article_stars
-- grain:  one row per article_id
-- why:    who pushes a file wants to see at once that it arrived

select
    article_id,

    rating_count,
    mean_star_count,

    last_rated_date
from team_reviews_article_stars
order by rating_count desc, article_id
limit 3;
