import { assert, assertEquals } from "@std/assert";
import { lockFile } from "../../../scripts/lib/warehouse/lock_file.ts";

const MODULE = import.meta.resolve(
  "../../../scripts/lib/warehouse/lock_file.ts",
);

async function withPath(work: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile({ prefix: "sluice_test_" });
  try {
    await work(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a lock has one holder, and the next after it is closed", () =>
  withPath(async (path) => {
    const first = await lockFile(path, 0);
    assert(first);
    assertEquals(await lockFile(path, 60), null);
    setTimeout(() => first?.close(), 50);
    using second = await lockFile(path, 5_000);
    assert(second);
  }));

Deno.test("kill -9 of the holder frees the lock", () =>
  withPath(async (path) => {
    const code = `import { lockFile } from "${MODULE}";
      await lockFile("${path}", 0);
      console.log("held");
      setInterval(() => {}, 1000);`;
    const holder = new Deno.Command(Deno.execPath(), {
      args: ["eval", code],
      stdout: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    await reader.read();
    assertEquals(await lockFile(path, 0), null);
    holder.kill("SIGKILL");
    await holder.status;
    await reader.cancel();
    using lock = await lockFile(path, 1_000);
    assert(lock);
  }));
