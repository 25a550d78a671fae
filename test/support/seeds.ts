/** Which seeds a test runs: one that is asked for, a few, or many. */

/** The seed in SLUICE_SEED; else `few`, or with REQUIRE_ALL `many` and a new one. */
export function seeds({ few, many }: { few: number; many: number }): number[] {
  const asked = Deno.env.get("SLUICE_SEED");
  if (asked) return [Number(asked)];
  const is_full = Boolean(Deno.env.get("REQUIRE_ALL"));
  const fixed = Array.from(
    { length: is_full ? many : few },
    (_, index) => index + 1,
  );
  return is_full ? [...fixed, 1000 + Date.now() % 1_000_000] : fixed;
}
