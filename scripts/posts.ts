/**
 * posts: posts and votes, loaded as they are and cleaned in the warehouse.
 *
 *   deno task posts data/posts/posts.json data/posts/votes.json
 *
 * Without files it loads what is new under POSTS_INBOX_URL: every file whose
 * name starts with "posts" or "votes".
 */
import { givenPath, JOB_FLAGS, requiredVariable } from "./lib/cli/inputs.ts";
import { main } from "./lib/cli/main.ts";
import { runJob } from "./lib/run/run_job.ts";
import { givenFile, inbox } from "./lib/store/arrivals.ts";

const TRY_WITHOUT =
  "see .env.example, or give two files: deno task posts data/posts/posts.json data/posts/votes.json";

await main(
  {
    arguments: ["<posts file>", "<votes file>"],
    counts: [0, 2],
    flags: JOB_FLAGS,
  },
  async (task) => {
    const [posts, votes] = task.arguments.length
      ? task.arguments.map((path) => givenFile(givenPath(path)))
      : ["posts", "votes"].map((prefix) =>
        inbox(requiredVariable("POSTS_INBOX_URL", TRY_WITHOUT), prefix)
      );
    await runJob({
      job: "posts",
      feeds: { posts: { arrivals: posts }, votes: { arrivals: votes } },
      context: task,
    });
  },
);
