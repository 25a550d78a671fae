/** A state, a delivery that is made to crash, and what must be there in the end. */
import { assertEquals } from "@std/assert";
import {
  type CopyableEnvironment,
  makeCopyable,
} from "./copied_environment.ts";
import type { Environment, TestWarehouse } from "./environment.ts";
import type { OwnServer } from "./own_server.ts";
import { type PostsRun, runPosts } from "./sluice_process.ts";
import { assertSound, keptRows } from "./soundness.ts";

/** Where a run is to be killed: a number or name of a step, and the side. */
export type Point = `${string}:${"before" | "after"}`;

const MANY = 1000;

/** What is started again and again. */
type Started = Pick<PostsRun, "files" | "script" | "flags">;

/** One delivery onto one state, ready to crash as often as one likes. */
export class CrashScenario {
  private constructor(
    readonly title: string,
    readonly before: CopyableEnvironment,
    readonly run: Started,
    readonly expected: Record<string, string[]>,
    /** How long the run took that was left alone. */
    readonly milliseconds: number,
  ) {}

  /** Runs the delivery once without a crash, to know what is right. */
  static async make(
    { title, before, exit = 0, ...started }: Started & {
      title: string;
      before: CopyableEnvironment;
      exit?: number;
    },
  ): Promise<CrashScenario> {
    await using copy = await before.copy();
    const run = await runPosts(copy, started);
    assertEquals(run.exit, exit, run.stderr);
    await assertSound(copy, title);
    return new CrashScenario(
      title,
      before,
      started,
      await keptRows(copy),
      run.milliseconds,
    );
  }

  /** Kills one run after the other at these points; false when one finished. */
  async survives(points: Point[]): Promise<boolean> {
    await using environment = await this.before.copy();
    for (const point of points) {
      const env = { SLUICE_CRASH_AT: point };
      const killed = await runPosts(environment, { ...this.run, env });
      if (killed.signal !== "SIGKILL") return false;
    }
    await this.recover(environment, points.join(", then "));
    return true;
  }

  /** One more run, left alone, must make everything right. */
  async recover(environment: Environment, how: string): Promise<void> {
    const note = `${this.title}, ${environment.dialect}, killed at ${how}`;
    const run = await runPosts(environment, this.run);
    // A batch that was set aside before the kill is not complained of again.
    const may_stop = run.exit === 2 && /set aside/.test(run.stderr);
    if (!may_stop) assertEquals(run.exit, 0, `${note}: ${run.stderr}`);
    await assertSound(environment, note);
    assertEquals(await keptRows(environment), this.expected, note);
  }

  /** Every point of the run, before and after each step, as far as it has steps. */
  *points(): Generator<Point> {
    for (let number = 1; number < MANY && !this.#is_over; number++) {
      yield `${number}:before`;
      yield `${number}:after`;
    }
  }
  #is_over = false;

  /** Ends `points`: a run finished without reaching the last one. */
  isOver(): void {
    this.#is_over = true;
  }
}

/** An environment into which these deliveries went well. */
export async function environmentAfter(
  { dialect, server, deliveries, script }: {
    dialect: TestWarehouse;
    server: OwnServer | undefined;
    deliveries: string[][];
    script?: string;
  },
): Promise<CopyableEnvironment> {
  const environment = await makeCopyable(dialect, server);
  for (const files of deliveries) {
    const run = await runPosts(environment, { files, script });
    assertEquals(run.exit, 0, run.stderr);
  }
  return environment;
}
