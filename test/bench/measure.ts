/** Measures processes, in turns. */

/** A program to start; its output is only shown when it fails. */
export interface Command {
  program: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string>;
}

/** One way to do a piece of work: what to make ready, and what to measure. */
export interface Way {
  prepare?: (round: number) => Promise<void>;
  commands: (round: number) => Command[];
}

/** What the rounds of one way took. */
export interface Result {
  median_ms: number;
  all_ms: number[];
  /** The most memory that one of its processes held. */
  peak_mb: number;
}

const POLL_MS = 20;

/** Does each piece of work in each way, A B A B …, and takes the medians. */
export async function inTurns(
  rounds: number,
  ways: Record<string, Way>,
): Promise<Record<string, Result>> {
  const results: Record<string, Result> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, { prepare, commands }] of Object.entries(ways)) {
      await prepare?.(round);
      // What an earlier one wrote must not be written at this one's cost.
      await run({ program: "sync", args: [] });
      results[name] ??= { median_ms: 0, all_ms: [], peak_mb: 0 };
      const result = results[name];
      let milliseconds = 0;
      for (const command of commands(round)) {
        const measured = await run(command);
        milliseconds += measured.milliseconds;
        result.peak_mb = Math.max(result.peak_mb, measured.peak_mb);
      }
      result.all_ms.push(Math.round(milliseconds));
      result.median_ms = median(result.all_ms);
      const seconds = (milliseconds / 1000).toFixed(3);
      console.error(`  ${round + 1} of ${rounds}  ${name}  ${seconds} s`);
    }
  }
  return results;
}

/** Runs a program to its end; how long it took, and how much memory it held. */
export async function run(
  { program, args, cwd, env }: Command,
): Promise<{ milliseconds: number; peak_mb: number; stdout: string }> {
  const start = performance.now();
  const child = new Deno.Command(program, {
    args,
    cwd,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let peak_mb = 0;
  const look = () => peak_mb = Math.max(peak_mb, peakOf(child.pid));
  const timer = setInterval(look, POLL_MS);
  const { success, stdout, stderr } = await child.output();
  const milliseconds = performance.now() - start;
  clearInterval(timer);
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(
      `Cannot measure ${program} ${args.join(" ")}: ${decoder.decode(stderr)}`,
    );
  }
  return { milliseconds, peak_mb, stdout: decoder.decode(stdout) };
}

/** The high-water mark of a process, in MB; 0 where the system does not tell. */
function peakOf(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(status.match(/^VmHWM:\s+(\d+) kB/m)?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}
