/** Another clock than the machine's, for a process that a test starts. */

const LIBRARY = library();

/** Why no process can be given another clock; undefined when it can. */
export const CLOCK_MISSING: string | undefined = LIBRARY
  ? undefined
  : "libfaketime is not there: apt-get install libfaketime";

/** Registers a test that needs another clock; without one the test is skipped. */
export function clockTest(sentence: string, story: () => Promise<void>): void {
  const name = CLOCK_MISSING ? `${sentence} (${CLOCK_MISSING})` : sentence;
  Deno.test({ name, ignore: CLOCK_MISSING !== undefined, fn: story });
}

/** The variables with which a process starts at this instant, in this time zone. */
export function clockAt(at_ms: number, zone: string): Record<string, string> {
  return {
    LD_PRELOAD: LIBRARY!,
    TZ: zone,
    // Seconds since 1970: a local time may come twice, or never.
    FAKETIME_FMT: "%s",
    FAKETIME: `@${Math.floor(at_ms / 1000)}`,
    // Deadlines and pauses are as long as they are.
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

function library(): string | undefined {
  try {
    for (const { name } of Deno.readDirSync("/usr/lib")) {
      const path = `/usr/lib/${name}/faketime/libfaketime.so.1`;
      if (isThere(path)) return path;
    }
  } catch {
    // No Linux.
  }
  return undefined;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
