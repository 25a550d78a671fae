/** Keys and passwords of the ads jobs appear in no output, table, object, note or file. */
import { assert } from "@std/assert";
import { s3Test } from "./support/s3_server.ts";
import { SecretPlace } from "./support/secret_place.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const WRONG = "canary-wrong";

/** Every task that is given the secrets. */
const TASKS: string[][] = [
  ["ads"],
  ["ads:archive", "--as-of=2100-01-01"],
  ["ads:restore", "--from=2000-01-01"],
  ["ads:restore", "--drill"],
  ["ads:archive", "--verify"],
  ["status", "ads", "ads_archive"],
  ["doctor", "ads"],
];

/** Of these one after the other is tried with what is wrong. */
const LANES = [
  [TASKS[0], TASKS[1]],
  [["doctor", "ads"], ["status", "ads"], TASKS[2]],
];

/** How much a task is to say; errors tell most with DEBUG. */
const VERBOSITIES: [string[], Record<string, string>][] = [
  [[], { DEBUG: "1" }],
  [["--json"], { DEBUG: "1" }],
  [["--quiet"], {}],
];

/** What is wrong with a setting. */
type Fault = (place: SecretPlace) => Record<string, string>;
const HOST = `anna:${WRONG}@127.0.0.1`;
/** What servers, or those who do not find one, say of it. */
const SAID_BY_SERVERS: Fault[] = [
  // a wrong password
  (place) => ({ POSTGRES_URL: place.postgresUrl(WRONG) }),
  // a wrong secret key
  () => ({ AWS_SECRET_ACCESS_KEY: WRONG }),
  // a wrong access key
  () => ({ AWS_ACCESS_KEY_ID: WRONG }),
  // a server that is not there
  () => ({
    POSTGRES_URL: `postgres://${HOST}:1/y?password=${WRONG}`,
  }),
  // a bucket that is not there
  (place) => ({
    ADS_STORE_URL: `s3://no-such-bucket?endpoint=${
      place.server.endpoint.replace("//", `//anna:${WRONG}@`)
    }`,
  }),
  // an endpoint that is not there
  () => ({
    AWS_ENDPOINT_URL_S3: `http://${HOST}:1`,
  }),
];

/** What is known to be no address before anything is asked. */
const POSTGRES_URLS = [
  `postgres://${HOST}:x/y`,
  `mysql://${HOST}/y`,
  `postgres://anna:${WRONG}/x@127.0.0.1:1/y`,
];
const STORE_URLS = [
  `s3://${HOST}/bucket`,
  `s3://anna:x/${WRONG}@bucket`,
  `s3://bucket?secret=${WRONG}`,
  `https://${HOST}/bucket`,
  `https://${WRONG}@127.0.0.1/bucket?key=${WRONG}`,
];
const NO_ADDRESSES: Record<string, string>[] = [
  ...POSTGRES_URLS.map((POSTGRES_URL) => ({ POSTGRES_URL })),
  ...STORE_URLS.map((ADS_STORE_URL) => ({ ADS_STORE_URL })),
  { AWS_ENDPOINT_URL_S3: `http//${HOST}` },
];

s3Test(
  "no secret is told or kept, whatever the jobs do and whatever goes wrong",
  async () => {
    await using place = await SecretPlace.make();
    for (
      const [index, args] of (IS_FULL ? TASKS : TASKS.slice(0, 3)).entries()
    ) {
      const [flags, env] = VERBOSITIES[index % 2];
      await place.run([...args, ...flags], { exit: 0, env });
    }
    // Answers that are refused, and one that nothing comes of.
    const elsewhere = `redirect:http://${HOST}:1/`;
    place.api.behave(IS_FULL ? ["html", "cut", "404", elsewhere] : ["html"]);
    for (let number = 0; number < (IS_FULL ? 4 : 1); number++) {
      await place.run(["ads"], { exit: 1, env: { DEBUG: "1" } });
    }
    await place.assertNothingKept();

    const faults = SAID_BY_SERVERS.slice(0, IS_FULL ? 6 : 2);
    const wrong = [
      ...faults.map((fault) => fault(place)),
      ...(IS_FULL ? NO_ADDRESSES : []),
    ];
    // At most one run of a job at a time.
    await Promise.all(LANES.map(async (lane) => {
      for (const [index, setting] of wrong.entries()) {
        const is_no_address = index >= faults.length;
        const tasks = !IS_FULL
          ? lane.slice(0, 1)
          : is_no_address
          ? [lane[index % lane.length]]
          : lane;
        for (const args of tasks) {
          const [flags, env] = VERBOSITIES[index % VERBOSITIES.length];
          const given = { ...env, ...setting };
          const { exit } = await place.run([...args, ...flags], { env: given });
          const note = `${args.join(" ")}: ${JSON.stringify(setting)}: ${exit}`;
          assert([1, 3, 64].includes(exit), note);
        }
      }
    }));
    // What was fetched meanwhile waits on this machine.
    assert(place.spooled() > 0);
    await place.assertNothingKept();
  },
);
