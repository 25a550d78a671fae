-- List the delivered lines that nothing can be read from, each with its reason.
--
-- reads:  staging_posts, staging_votes
-- writes: unreadable_lines
-- grain:  one row per feed, batch and line that is no object of JSON
-- why:    JSON that is broken, or too deep, must not reach what takes lines apart
-- differs: PostgreSQL can tell here that a key stands twice, SQLite in the next files

create temp table unreadable_lines as

with

lines as (
    select
        'posts' as feed,
        batch,
        line_number,
        body
    from staging_posts
    union all
    select
        'votes' as feed,
        batch,
        line_number,
        body
    from staging_votes
),

bracketed_lines as (
    select
        feed,
        batch,
        line_number,
        body,
        case
            when octet_length(body) > 1000
                then octet_length(body)
                - octet_length(replace(replace(body, '[', ''), '{', ''))
            else 0
        end as bracket_count
    from lines
),

judged_lines as (
    select
        feed,
        batch,
        line_number,
        case
            when body is null then 'The line is not text.'
            -- Brackets first: the parser gives up with an error on a line too deep.
            when
                bracket_count > 1000
                and (
                    regexp_count(
                        regexp_replace(body, '"(?:[^"\\]|\\.)*(?:"|\\?$)', '', 'g'),
                        '[[{]'
                    ) > 1000
                    or body is not json
                )
                then 'The line has more than 1,000 opening brackets.'
            -- False also for an escape that is no character.
            when body is json object with unique keys then null
            when body is not json then 'The line is not JSON.'
            when body is not json object then 'The line is JSON, but no object.'
            when
                regexp_replace(
                    body, '\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..', '-', 'g'
                ) ~ '\\u(0000|[dD][89a-fA-F])'
                then 'The line has an escape that is no character.'
            else 'The line has a key twice.'
        end as reason
    from bracketed_lines
)

select
    feed,
    reason,

    batch,
    line_number
from judged_lines
where reason is not null;
