/**
 * Lands the answers of an API that never gives the same one twice: each goes
 * through the spool into the store. The API is asked unless an answer that
 * came a short while ago still waits to be merged.
 */
import type { Api } from "../net/json_api.ts";
import { Spool } from "../store/spool.ts";
import type { SpoolWriter } from "../store/spool_writer.ts";
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
      await putNew(spool, of, { store, found });
    } catch (error) {
      found.failures.push(error as Error);
    }
  }
  if (store.problem) throw await storeDown(spool, of, { store, found });
  return found;
}

/** Where answers go, and what came of them. */
interface Putting {
  store: AnswerStore;
  found: LandedAnswers;
}

/** Asks once; the answer is on disk before anything else is done with it. */
async function putNew(
  spool: Spool,
  of: AnswerFeed,
  { store, found }: Putting,
): Promise<void> {
  const writer = await askOnce(spool, of, store);
  let name: string;
  try {
    name = await step(`spool ${of.feed}`, () => writer.finish(of.api.faultOf));
  } catch (error) {
    return await putHeld(writer, of, { store, found, error: error as Error });
  }
  await store.put(spool, name, found);
}

/** No disk has the answer: it is lost unless the store takes it now. */
async function putHeld(
  writer: SpoolWriter,
  { api, report, store: { label } }: AnswerFeed,
  { store, found, error }: Putting & { error: Error },
): Promise<void> {
  report.warn(`${error.message}: the answer goes straight into the store`);
  const answer = await writer.held(api.faultOf);
  if (await store.putAnswer(answer, found)) return;
  writer.close();
  throw new Error(
    `Cannot keep the answer of ${api.source}: expected the spool or ${label} to take its ${answer.bytes} bytes, found that neither does: they are lost, but for what the next run finds in the spool`,
    { cause: error },
  );
}

/** The answer as it came, in a file of the spool as far as the disk took it. */
async function askOnce(
  spool: Spool,
  { feed, api, report }: AnswerFeed,
  store: AnswerStore,
): Promise<SpoolWriter> {
  const writer = await step("open spool", async () => {
    try {
      return await spool.begin(api.source);
    } catch (error) {
      // Its next answer will be another one: while the store is there, ask.
      if (!store.problem) return spool.hold(api.source, error);
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
  return writer;
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
  { store, found }: Putting,
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
