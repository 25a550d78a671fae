-- List the delivered lines that nothing can be read from, each with its reason.
--
-- reads:  staging_posts, staging_votes
-- writes: unreadable_lines
-- grain:  one row per feed, batch and line that is no object of JSON
-- why:    JSON that is broken, or too deep, must not reach what takes lines apart
-- differs: BigQuery does not tell that a key stands twice, so its keys are counted

create or replace temp table unreadable_lines as

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

-- Without its strings a line is short, and shows how deep it is.
framed_lines as (
    select
        feed,
        batch,
        line_number,
        body,
        regexp_replace(body, r'(?s)"(?:[^"\\]|\\.)*(?:"|\\?$)', '') as frame,
        -- Which character an escape stands for is looked at by itself, further down.
        safe.parse_json(
            regexp_replace(body, r'\\\\|\\u[0-9a-fA-F]{4}', '-'),
            wide_number_mode => 'round'
        ) is not null as is_parsed
    from lines
),

counted_lines as (
    select
        *,
        -- Some parsers forgive a last comma, and numbers that are none.
        is_parsed and not regexp_contains(frame, r'(?i),\s*[\]}]|nan|inf') as is_json,
        array_length(regexp_extract_all(body, r'[\[{]')) > 1000 as is_bracketed,
        array_length(regexp_extract_all(frame, r'[\[{]')) > 1000 as is_deep
    from framed_lines
),

-- Words are only looked at where they are few, and make sense.
readable_lines as (
    select
        *,
        case when is_json and not is_deep then body end as line_text
    from counted_lines
),

judged_lines as (
    select
        feed,
        batch,
        line_number,
        case
            when body is null then 'The line is not text.'
            -- Brackets first: what is too deep for the parser counts as no JSON.
            when is_bracketed and (is_deep or not is_json)
                then 'The line has more than 1,000 opening brackets.'
            when not is_json then 'The line is not JSON.'
            when not regexp_contains(body, r'^\s*\{')
                then 'The line is JSON, but no object.'
            when
                regexp_contains(
                    regexp_replace(
                        body,
                        r'\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..',
                        '-'
                    ),
                    r'\\u(?:0000|[dD][89a-fA-F])'
                )
                then 'The line has an escape that is no character.'
            -- A text before a colon is a key, of the object that was opened last.
            when
                exists (
                    select 1
                    from (
                        select
                            *,
                            max(case when word = '{' then place end) over (
                                partition by depth
                                order by place
                            ) as object_place
                        from (
                            select
                                word,
                                word_offset as place,
                                lead(word) over (order by word_offset) as next_word,
                                sum(case
                                    when word in ('{', '[') then 1
                                    when word in ('}', ']') then -1
                                    else 0
                                end) over (order by word_offset) as depth
                            from unnest(
                                regexp_extract_all(
                                    line_text, r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]'
                                )
                            ) as word with offset as word_offset
                        ) as words
                    ) as placed_words
                    where next_word = ':'
                    group by object_place, json_value(safe.parse_json(word))
                    having count(*) > 1
                )
                then 'The line has a key twice.'
        end as reason
    from readable_lines
)

select
    feed,
    reason,

    batch,
    line_number
from judged_lines
where reason is not null;
