-- Most lines of a votes batch can be read.
--
-- reads:  clean_votes
-- grain:  one row per batch of which more than half of the lines are rejected
-- why:    two files swapped, a web page or another encoding is no delivery at all
-- on failure: stop

select
    batch,
    min(case when reason is not null then line_number end) as line_number,

    count(*) as line_count,
    count(reason) as rejected_count,
    min(reason) as example_reason
from clean_votes
group by batch
having count(reason) * 2 > count(*);
