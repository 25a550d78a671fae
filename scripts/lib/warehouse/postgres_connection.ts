/** One connection to a PostgreSQL server, with the settings and values of a run. */
import { once } from "node:events";
import { createConnection } from "node:net";
import postgres from "postgres";
import type { Value } from "./warehouse.ts";

export type { PostgresError, ReservedSql, Sql } from "postgres";

const SETTINGS = {
  timezone: "UTC",
  datestyle: "ISO",
  // Values as text must come back as they were, whatever the server prefers.
  intervalstyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  work_mem: "64MB",
  // Disks without a moving head: else 10,000 lines onto a million read all of it.
  random_page_cost: "1.1",
  lock_timeout: "5s",
  // A killed run must not hold its lock until its statement ends.
  client_connection_check_interval: "500ms",
};

/** Says who holds an advisory lock of a session. */
export const LOCK_HOLDER =
  `select activity.application_name as name, activity.client_addr as address
   from pg_locks as locks
   join pg_stat_activity as activity on activity.pid = locks.pid
   where locks.locktype = 'advisory'
     and locks.granted
     and locks.objsubid = 1
     and (locks.classid::bigint << 32 | locks.objid::bigint)
       = hashtextextended($1, 0)
   limit 1`;

/** The address, or an error that does not show the password in it. */
export function readPostgresUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^postgres(ql)?:$/.test(url.protocol)) return url;
  throw Object.assign(
    new TypeError(
      "Cannot connect to PostgreSQL: expected POSTGRES_URL to be like " +
        '"postgres://user@host:5432/database", found what is no such address',
    ),
    { exit_code: 64 },
  );
}

/** Makes the pool of one connection; `onLost` hears when the server closes it. */
export function connectPostgres(
  url: URL,
  schema: string,
  onLost: (error: unknown) => void,
): postgres.Sql {
  const ssl_mode = url.searchParams.get("sslmode");
  return postgres(url.href, {
    max: 1,
    fetch_types: false,
    prepare: false,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 10,
    onnotice: () => {},
    onclose: () => onLost(new Error("closed by the server")),
    connection: {
      application_name: "sluice",
      search_path: schema,
      ...SETTINGS,
    } as unknown as Partial<postgres.ConnectionParameters>,
    types: VALUES as unknown as Record<string, postgres.PostgresType>,
    ...(ssl_mode && ssl_mode !== "disable"
      ? {}
      : { socket: (to: Address) => plainSocket(to, onLost) } as object),
  });
}

interface Address {
  host: string[];
  port: number[];
}

/** Without this option each small COPY waits 88 ms for an acknowledgement. */
async function plainSocket(
  { host, port }: Address,
  onLost: (error: unknown) => void,
) {
  const socket = createConnection({
    host: host[0],
    port: port[0],
    noDelay: true,
  });
  await once(socket, "connect");
  // The driver never answers a query that it sends between error and close.
  socket.on("error", onLost);
  return socket;
}

/** The server knows the types; text is right for all of them. */
export function texts(values: Value[]): (string | null)[] {
  return values.map((value) => value === null ? null : String(value));
}

/** Instants and days as ISO text, whole numbers exact; parameters are text already. */
const VALUES = {
  truth: type([16], (text) => text === "t"),
  json: type([114, 3802], (text) => JSON.parse(text)),
  integer: type([20], (text) => {
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : BigInt(text);
  }),
  instant: type([1114, 1184], (text) => isoInstant(text)),
  date: type([1082], (text) => text),
};

function type(from: number[], parse: (text: string) => unknown) {
  return { to: from[0], from, serialize: (value: unknown) => value, parse };
}

/** `2017-03-01 10:00:00.5+00` as `2017-03-01T10:00:00.500Z`. */
function isoInstant(text: string): string {
  const match = text.match(
    /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(\+00)?$/,
  );
  if (!match) return text;
  const [, day, time, fraction = ""] = match;
  return `${day}T${time}.${fraction.padEnd(3, "0")}Z`;
}
