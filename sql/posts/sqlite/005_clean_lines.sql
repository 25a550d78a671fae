-- List the delivered lines that nothing can be read from, each with its reason.
--
-- reads:  staging_posts, staging_votes
-- writes: unreadable_lines
-- grain:  one row per feed, batch and line that is no object of JSON
-- why:    JSON that is broken, or too deep, must not reach what takes lines apart
-- differs: PostgreSQL can tell here that a key stands twice, SQLite in the next files

create temp table unreadable_lines (
    feed text,
    reason text,

    batch text,
    line_number integer,
    primary key (feed, batch, line_number)
) without rowid;

insert into unreadable_lines (
    feed,
    reason,
    batch,
    line_number
)

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
            when length(body) > 1000
                then length(body)
                - length(replace(replace(body, '[', ''), '{', ''))
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
            -- Brackets first: what is too deep for the parser counts as no JSON.
            when
                bracket_count > 1000
                and (
                    not json_valid(body)
                    or (
                        select count(*)
                        from json_tree(body)
                        where json_tree.type in ('array', 'object')
                    ) > 1000
                )
                then 'The line has more than 1,000 opening brackets.'
            when not json_valid(body) then 'The line is not JSON.'
            when json_type(body) <> 'object' then 'The line is JSON, but no object.'
            when
                instr(body, '\u') > 0
                and (
                    instr(replace(body, '\\', ''), '\u0000') > 0
                    -- Half a pair is read as U+FFFD, but it is not written as such.
                    or exists (
                        select 1
                        from json_tree(body)
                        where replace(
                            coalesce(json_tree.key, '')
                            || coalesce(json_tree.atom, ''),
                            char(65533), ''
                        ) glob '*' || char(65533) || '*'
                    )
                )
                then 'The line has an escape that is no character.'
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
