/**
 * Lands the answers of an API that never gives the same one twice: each goes
 * through the spool into the store. The API is asked unless an answer that
 * came a short while ago still waits to be merged.
 */
import type { Api } from "../net/json_api.ts";
import { Spool } from "../store/spool.ts";
import type { Store } from "../store/store.ts";
import {
  type AnswerFeed,
  AnswerStore,
  isRecent,
  type Known,
  type LandedAnswers,
} from "./answer_store.ts";
import { type Context, pipelineOf } from "./context.ts";
import { stepLine } from "./run_folder.ts";
import { step } from "./step.ts";
import { watchedBytes } from "./watched.ts";

/** The spool of a feed is under the home of the run; the API is the feed's own. */
export function answerFeed(
  { job, feed, api, store, context }: {
    job: string;
    feed: string;
    api: Api;
    store: Store;
    context: Context;
  },
): AnswerFeed {
  const pipeline = pipelineOf(job);
  const { home } = context.settings(pipeline);
  const folder = `${home}/spool/${pipeline}/${feed}`;
  return { job, feed, api, store, folder, report: context.report };
}

/** Puts what waits in the spool, the oldest first, and a new answer if one is due. */
export async function landAnswers(
  of: AnswerFeed,
  known: Known,
): Promise<LandedAnswers> {
  const spool = new Spool(of.folder);
  const found: LandedAnswers = { landed: [], failures: [] };
  const store = new AnswerStore(of, known);
  const recovered = await step(
    "recover spool",
    () => spool.recover(of.api.faultOf),
  );
  if (recovered.length) {
    of.report.line(
      `${of.feed}: recovered what a crash had left of ${recovered.length} answers`,
    );
  }
  await store.open();
  for (const name of await spool.list()) await store.put(spool, name, found);

  const recent = await recentInSpool(spool) ?? await store.recent();
  if (recent) {
    of.report.line(
      `${of.feed}: ${of.api.source} is not asked: its answer of ${recent} waits to be merged`,
    );
  } else {
    try {
      await store.put(spool, await spoolAnswer(spool, of), found);
    } catch (error) {
      found.failures.push(error as Error);
    }
  }
  if (store.problem) throw await storeDown(spool, of, { store, found });
  return found;
}

/** Asks once; the answer is on disk before anything else is done with it. */
async function spoolAnswer(
  spool: Spool,
  { feed, api, report }: AnswerFeed,
): Promise<string> {
  const writer = await step("open spool", async () => {
    try {
      return await spool.begin(api.source);
    } catch (error) {
      throw new Error(
        `Cannot write to the spool "${spool.folder}": ${
          (error as Error).message
        }: ${api.source} was not asked`,
        { cause: error },
      );
    }
  });
  const progress = report.progress(api.source);
  try {
    await step(
      `fetch ${feed}`,
      async () => {
        const answer = await api.ask(report.line);
        const body = watchedBytes(answer.body, progress);
        await writer.write({ ...answer, body });
      },
      (_, milliseconds) => {
        report.line(stepLine(`fetched ${api.source}`, milliseconds));
      },
    );
  } catch (error) {
    await writer.abandon();
    throw error;
  } finally {
    progress.end();
  }
  return await step(`spool ${feed}`, () => writer.finish(api.faultOf));
}

/** When the newest answer came that waits in the spool and will be loaded. */
async function recentInSpool(spool: Spool): Promise<string | undefined> {
  for (const name of (await spool.list()).reverse()) {
    const note = await spool.note(name);
    if (note && !note.refused && isRecent(note.at)) return note.at;
  }
  return undefined;
}

/** Nothing is loaded now; what came is safe, and goes first the next time. */
async function storeDown(
  spool: Spool,
  of: AnswerFeed,
  { store, found }: { store: AnswerStore; found: LandedAnswers },
): Promise<Error> {
  for (const failure of found.failures) of.report.warn(failure.message);
  const count = (await spool.list()).length;
  const { message, exit_code } = store.problem as Error & {
    exit_code?: number;
  };
  const waiting = count === 1 ? "1 answer waits" : `${count} answers wait`;
  const note = count
    ? `\n  ${waiting} in the spool ${of.folder}: the next run puts them first`
    : "";
  return Object.assign(new Error(message + note, { cause: store.problem }), {
    exit_code,
  });
}
