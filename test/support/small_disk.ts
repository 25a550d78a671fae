/** Disks that are full soon; where none can be mounted the test is a skip. */
import { assert } from "@std/assert";

const can_mount = Deno.uid() === 0 && await tries();

/** A folder on a disk of so many bytes; disposing takes the disk away. */
export async function mountDisk(
  folder: string,
  size: string,
): Promise<{ resize(size: string): void; [Symbol.dispose](): void }> {
  await Deno.mkdir(folder, { recursive: true });
  const mount = (options: string) =>
    succeeds(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]);
  assert(mount(`size=${size}`), folder);
  return {
    resize: (size) => assert(mount(`remount,size=${size}`), folder),
    [Symbol.dispose]: () => void succeeds(["umount", folder]),
  };
}

/** A test that needs such a disk. */
export function diskTest(name: string, story: () => Promise<void>): void {
  Deno.test({
    name: name + (can_mount ? "" : " (skipped: no disk can be mounted here)"),
    ignore: !can_mount && Deno.env.get("REQUIRE_ALL") !== "1",
    fn: story,
  });
}

async function tries(): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_mount_" });
  const is_mounted =
    succeeds(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", folder]) &&
    succeeds(["umount", folder]);
  await Deno.remove(folder);
  return is_mounted;
}

function succeeds([program, ...args]: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}
