-- Have one row per delivered ad, typed, or with the reason why it cannot be read.
--
-- reads:  staging_backup
-- writes: clean_ads
-- grain:  one row per staged line
-- why:    the API promises nothing, and one wrong ad must not keep out the others

create temp table clean_ads as

with

measured_lines as (
    select
        batch,
        line_number,
        body,
        case
            when octet_length(body) > 1000
                then octet_length(body)
                - octet_length(replace(replace(body, '[', ''), '{', ''))
            else 0
        end as bracket_count
    from staging_backup
),

-- "offset 0" keeps PostgreSQL from computing a value once for each use of it.
tried_lines as (
    select
        batch,
        line_number,
        body,
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
            when body is json object with unique keys
                then case
                    -- Only a long line, or 1e99999, can be too large a number.
                    when
                        (
                            octet_length(body) > 1000
                            or body ~ '[0-9][eE][-+0-9][0-9]{4}'
                        )
                        and not pg_input_is_valid(body, 'jsonb')
                        then 'The line has a number that is too large to keep.'
                end
            -- Not only for twin keys: an escape that is no character counts, too.
            when body is not json then 'The line is not JSON.'
            when body is not json object then 'The line is JSON, but no object.'
            when
                regexp_replace(
                    body, '\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..', '-', 'g'
                ) ~ '\\u(0000|[dD][89a-fA-F])'
                then 'The line has an escape that is no character.'
            else 'The line has a key twice.'
        end as fault
    from measured_lines
    offset 0
),

opened_lines as (
    select
        batch,
        line_number,
        body,
        fault,
        case when fault is null then body::jsonb else '{}' end as ad
    from tried_lines
    offset 0
),

-- As text, JSON null is the same as an absent key.
fields as (
    select
        *,
        ad ->> 'ad_id' as ad_id,
        ad ->> 'ad_group' as ad_group,
        ad ->> 'ad_campaign' as ad_campaign,
        ad ->> 'shown_at' as shown_at,
        nullif(ad -> 'ad_scheme', 'null') as ad_scheme,
        ad - array['ad_id', 'ad_group', 'ad_campaign', 'shown_at', 'ad_scheme']
        as unknown_values
    from opened_lines
    offset 0
),

-- A batch is named for the instant at which it landed.
landed_batches as (
    select
        batch,
        case
            when pg_input_is_valid(substr(batch, 1, 20), 'timestamptz')
                then extract(epoch from substr(batch, 1, 20)::timestamptz)
        end as landed_seconds
    from staging_backup
    group by batch
),

judged_ads as (
    select
        fields.*,
        ad_campaign = '__unknown' as is_campaign_unknown,
        case
            when fault is not null then fault
            when ad_id is null then 'ad_id is missing.'
            when ad_group is null then 'ad_group is missing.'
            when ad_campaign is null then 'ad_campaign is missing.'
            when shown_at is null then 'shown_at is missing.'
            -- Of the spellings that a uuid may have, the one with four hyphens.
            when
                ad_id not like '________-____-____-____-____________'
                or not pg_input_is_valid(ad_id, 'uuid')
                then 'ad_id is not a uuid.'
            when
                jsonb_typeof(ad -> 'ad_group') <> 'string'
                or btrim(ad_group, e' \t\r\n') = ''
                then 'ad_group is not a string with a word in it.'
            when
                case jsonb_typeof(ad -> 'ad_campaign')
                    when 'number' then ad_campaign !~ '^-?[0-9]{1,18}$'
                    else ad_campaign <> '__unknown'
                end
                then 'ad_campaign is neither 1 to 18 digits nor "__unknown".'
            when jsonb_typeof(ad -> 'shown_at') <> 'number'
                then 'shown_at is not a number.'
            when
                shown_at::numeric < 946684800
                or shown_at::numeric >= 4102444800
                then 'shown_at is not in the years 2000 to 2099.'
            -- Such a row would stay the newest for years; clocks differ by less.
            when shown_at::numeric > landed_batches.landed_seconds + 86400
                then 'shown_at is more than a day after the answer landed.'
            when jsonb_typeof(ad_scheme) <> 'object'
                then 'ad_scheme is not an object.'
        end as reason
    from fields
    inner join landed_batches on fields.batch = landed_batches.batch
    offset 0
)

select
    -- A uuid is the same in large letters; as bytes it sorts twice as fast.
    lower(ad_id) collate "C" as ad_id,

    ad_group,
    case
        when reason is null and not is_campaign_unknown then ad_campaign::bigint
    end as ad_campaign,
    not is_campaign_unknown as is_campaign_known,
    ad_scheme,

    -- From its digits: as a float it would be off by a millisecond at times.
    case
        when reason is null
            then timestamptz 'epoch'
            + round(shown_at::numeric * 1000)::bigint * interval '1 millisecond'
    end as shown_at,

    case
        when reason is null and unknown_values <> '{}'
            then array(select jsonb_object_keys(unknown_values))
    end as unknown_keys,
    reason,
    case when reason is not null then body end as rejected_body,

    batch,
    line_number
from judged_ads;
