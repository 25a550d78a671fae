-- How many ratings each article has, and their mean.
--
-- reads:  ratings
-- writes: team_reviews_article_stars
-- grain:  one row per article_id with at least one rating
-- why:    the shop shows stars beside each article

drop view if exists team_reviews_article_stars;

create view team_reviews_article_stars as

select
    article_id,

    count(*) as rating_count,
    cast(sum(star_count) as double precision) / count(*) as mean_star_count,

    max(rated_date) as last_rated_date
from ratings
group by article_id;
