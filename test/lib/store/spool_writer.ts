/** A process that writes into a spool and can be killed: <folder> <pieces> <then>. */
import { Spool } from "../../../scripts/lib/store/spool.ts";

const [folder, pieces, then] = Deno.args;
const spool = new Spool(folder);
const writer = await spool.begin("http://127.0.0.1/v1");
const encoder = new TextEncoder();
await writer.write({
  body: (async function* () {
    for (const piece of JSON.parse(pieces)) {
      yield await Promise.resolve(encoder.encode(piece));
    }
    console.log("written");
    if (then === "hang") await new Promise((go) => setTimeout(go, 60_000));
  })(),
});
await writer.finish(() => Promise.resolve(undefined));
console.log("finished");
