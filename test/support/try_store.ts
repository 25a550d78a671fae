/** Puts, reads and lists in the store whose URL is given, and prints how each of them failed. */
import { openS3Store } from "../../scripts/lib/store/s3_store.ts";
import { keys, object, textOf } from "../lib/store/store_contract.ts";

const patience = {
  connect_ms: 500,
  first_byte_ms: 2_000,
  budget_ms: 3_000,
  tries: 3,
  first_wait_ms: 10,
};
const [url, skew_ms] = Deno.args;
if (skew_ms) {
  const RealDate = Date;
  // The whole clock: a library may ask it in either way.
  globalThis.Date = class extends RealDate {
    constructor(...given: unknown[]) {
      super(...(given.length ? given : [SkewedDate.now()]) as [number]);
    }
    static override now = () => RealDate.now() + Number(skew_ms);
  } as DateConstructor;
  const SkewedDate = Date;
}
const store = openS3Store(url, { patience });
const start = performance.now();
for (
  const attempt of [
    () => store.put(object("rides/a", "one")),
    () => textOf(store, "rides/a"),
    () => keys(store, "rides"),
  ]
) {
  try {
    await attempt();
    console.log("no error");
  } catch (error) {
    console.log((error as Error).message);
    // All that a trace could ever show.
    console.log(Deno.inspect(error, { depth: 9, showHidden: true }));
  }
}
console.log(`${Math.round(performance.now() - start)} ms`);
// An idle connection would keep it for some seconds.
Deno.exit(0);
