/** One helper through which every effect on the outside world goes. */

let crash_at: { point: string; side: "before" | "after" } | undefined;
let count = 0;

/** Sets the point at which this process kills itself, `<n|name>:before|after`. */
export function crashAt(setting: string | undefined): void {
  const match = setting?.match(/^(.+):(before|after)$/);
  crash_at = match
    ? { point: match[1], side: match[2] as "before" | "after" }
    : undefined;
}

/**
 * Runs one outside effect: counted, timed, and the place where a crash test
 * kills; `done` prints and records it.
 */
export async function step<T>(
  name: string,
  effect: () => Promise<T>,
  done?: (result: T, milliseconds: number) => void | Promise<void>,
): Promise<T> {
  const number = String(++count);
  crash(number, name, "before");
  const start = performance.now();
  const result = await effect();
  const milliseconds = performance.now() - start;
  crash(number, name, "after");
  await done?.(result, milliseconds);
  return result;
}

function crash(number: string, name: string, side: "before" | "after") {
  if (crash_at?.side !== side) return;
  if (crash_at.point === number || crash_at.point === name) {
    Deno.kill(Deno.pid, "SIGKILL");
  }
}
