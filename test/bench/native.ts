/** The same work as scripts for psql and sqlite3. */
import { readFolder } from "../../scripts/lib/run/sql_file.ts";
import type { Dialect } from "../../scripts/lib/warehouse/warehouse.ts";

/** Makes the tables that the native tools load and merge into. */
export function floorTables(dialect: Dialect): string {
  const whole_number = dialect === "sqlite" ? "integer" : "bigint";
  return `
create table raw_votes (body text);
create table floor_votes (
    vote_id ${whole_number} primary key,
    post_id ${whole_number} not null,
    vote_type_id ${whole_number} not null,
    user_id ${whole_number},
    bounty_amount ${whole_number},
    vote_date ${dialect === "sqlite" ? "text" : "date"} not null
);`;
}

/** Loads a file of lines into one text column. */
export function floorLoad(dialect: Dialect, path: string): string {
  return dialect === "sqlite"
    ? `
.mode ascii
.separator "\\001" "\\n"
.import ${path} raw_votes
`
    : `
\\copy raw_votes from '${path}' (format csv, delimiter e'\\x01', quote e'\\x02')
`;
}

/** Makes typed rows of the raw lines, under a key. */
export function floorMerge(dialect: Dialect): string {
  return dialect === "sqlite"
    ? `
insert into floor_votes
select
    cast(json_extract(body, '$.Id') as integer),
    cast(json_extract(body, '$.PostId') as integer),
    cast(json_extract(body, '$.VoteTypeId') as integer),
    cast(json_extract(body, '$.UserId') as integer),
    cast(json_extract(body, '$.BountyAmount') as integer),
    substr(json_extract(body, '$.CreationDate'), 1, 10)
from raw_votes;`
    : `
merge into floor_votes as kept
using (
    select
        (vote ->> 'Id')::bigint as vote_id,
        (vote ->> 'PostId')::bigint as post_id,
        (vote ->> 'VoteTypeId')::bigint as vote_type_id,
        (vote ->> 'UserId')::bigint as user_id,
        (vote ->> 'BountyAmount')::bigint as bounty_amount,
        (vote ->> 'CreationDate')::date as vote_date
    from (select body::jsonb as vote from raw_votes offset 0) as parsed
) as sent
on kept.vote_id = sent.vote_id
when matched then update set
    post_id = sent.post_id,
    vote_type_id = sent.vote_type_id,
    user_id = sent.user_id,
    bounty_amount = sent.bounty_amount,
    vote_date = sent.vote_date
when not matched then insert values (
    sent.vote_id, sent.post_id, sent.vote_type_id,
    sent.user_id, sent.bounty_amount, sent.vote_date
);`;
}

/** Stages a file for this session, which is where our own load stages. */
function sqliteStage(feed: string, path: string): string {
  return path.endsWith(".csv") ? sqliteCsv(feed, path) : `
create temp table raw_${feed} (body text);
.mode ascii
.separator "\\001" "\\n"
.import ${path} raw_${feed}
create temp table staging_${feed} as
select '20210403T061200.123Z_3f2a91bc4d5e' as batch, rowid as line_number, body
from raw_${feed};
drop table raw_${feed};`;
}

/** The rows as objects of JSON, which is what the SQL files read. */
function sqliteCsv(feed: string, path: string): string {
  const [header] = new TextDecoder().decode(firstBytes(path)).split("\n");
  const names = header.split(",");
  return `
create temp table raw_${feed} (${names.map((name) => `${name} text`)});
.import --csv --skip 1 ${path} raw_${feed}
create temp table staging_${feed} as
select
    '20210403T061200.123Z_3f2a91bc4d5e_2021-04-03' as batch,
    rowid + 1 as line_number,
    json_object(${names.map((name) => `'${name}', ${name}`)}) as body
from raw_${feed};
drop table raw_${feed};`;
}

function firstBytes(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(1024);
  return bytes.subarray(0, file.readSync(bytes) ?? 0);
}

/** The whole SQL folder of a job in one transaction, as an analyst would run it. */
export async function folderScript(
  { dialect, job, feeds }: {
    dialect: Dialect;
    job: string;
    /** The file of each feed; in PostgreSQL it is staged already. */
    feeds: Record<string, string>;
  },
): Promise<string> {
  const files = await readFolder(`sql/${job}/${dialect}`);
  const empty = dialect === "sqlite" ? "delete from" : "truncate";
  return [
    ...dialect === "sqlite"
      ? [
        SQLITE_SESSION,
        ...Object.entries(feeds).map(([feed, path]) => sqliteStage(feed, path)),
        "begin immediate;",
      ]
      : [POSTGRES_SESSION],
    "create temp table current_run as",
    "select run_id, job, as_of, started_at from sluice_runs where 1 = 0;",
    "insert into current_run (run_id, job, as_of, started_at) values",
    `('by_hand', '${job}', '2021-04-03T06:12:00.123Z', '2021-04-03T06:12:00.123Z');`,
    ...files.map(({ path }) =>
      dialect === "sqlite"
        ? `.read ${Deno.cwd()}/${path}`
        : `\\i ${Deno.cwd()}/${path}`
    ),
    ...Object.keys(feeds).map((feed) => `${empty} staging_${feed};`),
    "commit;",
  ].join("\n");
}

const SQLITE_SESSION = `
pragma synchronous = normal;
pragma cache_size = -16000;
pragma temp_store = file;
.output /dev/null`;

const POSTGRES_SESSION = `
\\o /dev/null
set timezone = 'UTC';
set work_mem = '64MB';
set random_page_cost = 1.1;
begin;`;
