const RETRY_MS = 25;

/**
 * Locks the file at `path` for this process alone, trying for `wait_ms`; null
 * when another process still holds it. Closing the file, or the end of the
 * process, however it ends, gives the lock back.
 */
export async function lockFile(
  path: string,
  wait_ms: number,
): Promise<Deno.FsFile | null> {
  const file = await Deno.open(path, {
    create: true,
    read: true,
    write: true,
    mode: 0o600,
  });
  const deadline = performance.now() + wait_ms;
  try {
    while (!await file.tryLock(true)) {
      if (performance.now() >= deadline) {
        file.close();
        return null;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return file;
}
