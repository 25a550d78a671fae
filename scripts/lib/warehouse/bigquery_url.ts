/** The address of a BigQuery warehouse: a dataset, and how to reach it. */

/** What BIGQUERY_URL says. */
export interface BigqueryPlace {
  project: string;
  location: string;
  dataset: string;
  /** Without the last slash; Google's own unless the address names another. */
  endpoint: string;
  is_own_endpoint: boolean;
  /** The most that one job may read, in bytes. */
  maximum_bytes_billed: string | undefined;
  /** A run that was not heard of for so long is taken for dead. */
  lease_seconds: number;
}

const GOOGLE = "https://bigquery.googleapis.com";
const LEASE_SECONDS = 60;
const PATTERNS: Record<string, RegExp> = {
  project: /^[a-z][a-z0-9:.-]*[a-z0-9]$/,
  location: /^[A-Za-z][A-Za-z0-9-]*$/,
  dataset: /^[A-Za-z_][A-Za-z0-9_]{0,1000}$/,
  maximum_bytes_billed: /^[1-9]\d{0,17}$/,
  lease_seconds: /^[1-9]\d{0,3}$/,
};
const PARAMETERS = [
  "dataset",
  "endpoint",
  "maximum_bytes_billed",
  "lease_seconds",
];

/** Reads an address such as `bigquery://project/location?dataset=name`. */
export function readBigqueryUrl(text: string): BigqueryPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "bigquery:") throw refused("what is no such address");
  const of = (name: string) => url.searchParams.get(name) ?? undefined;
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) throw refused(`"${name}" in it`);
  }
  const parts = {
    project: url.hostname,
    location: url.pathname.replace(/^\//, ""),
    dataset: of("dataset") ?? "",
    maximum_bytes_billed: of("maximum_bytes_billed"),
    lease_seconds: of("lease_seconds"),
  };
  for (const [name, value] of Object.entries(parts)) {
    if (value !== undefined && !PATTERNS[name].test(value)) {
      throw refused(`"${value}" as the ${name.replaceAll("_", " ")}`);
    }
  }
  const endpoint = of("endpoint")?.replace(/\/+$/, "");
  if (endpoint !== undefined && !/^https?:\/\/[^/?#]+$/.test(endpoint)) {
    throw refused(`"${endpoint}" as the endpoint`);
  }
  return {
    ...parts,
    endpoint: endpoint ?? GOOGLE,
    is_own_endpoint: endpoint !== undefined,
    lease_seconds: Number(parts.lease_seconds ?? LEASE_SECONDS),
  };
}

/** The address of another dataset beside this one. */
export function besideBigqueryUrl(text: string, dataset: string): string {
  const url = new URL(text);
  url.searchParams.set("dataset", dataset);
  return url.href;
}

/** The address as dbmate's driver wants it. */
export function dbmateBigqueryUrl(place: BigqueryPlace): string {
  const { project, location, dataset, endpoint, is_own_endpoint } = place;
  const url = new URL(`bigquery://${project}/${location}/${dataset}`);
  if (is_own_endpoint) {
    url.searchParams.set("endpoint", `${endpoint}/bigquery/v2/`);
    // A token is never sent where everybody on the way could read it.
    if (isPlain(place)) url.searchParams.set("disable_auth", "true");
  }
  return url.href;
}

/** Whether what goes there can be read on the way. */
export function isPlain({ endpoint }: BigqueryPlace): boolean {
  return endpoint.startsWith("http:");
}

function refused(found: string): Error {
  return Object.assign(
    new TypeError(
      "Cannot connect to BigQuery: expected BIGQUERY_URL to be like " +
        '"bigquery://project/location?dataset=name", with endpoint, ' +
        `maximum_bytes_billed and lease_seconds if need be, found ${found}`,
    ),
    { exit_code: 64 },
  );
}
