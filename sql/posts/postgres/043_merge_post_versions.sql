-- Let each post that came again as it was name the latest line that says so.
--
-- reads:  compared_posts
-- writes: posts
-- grain:  one row per post_id
-- why:    else a copy from between the two would win, or not, by the order of loading
-- differs: BigQuery compares no rows, and skips what stands outside of constant bounds

update posts
set
    batch = compared.batch,
    line_number = compared.line_number
from compared_posts as compared
where
    posts.post_id = compared.post_id
    and compared.outcome = 'unchanged'
    and (compared.batch, compared.line_number) > (posts.batch, posts.line_number);
