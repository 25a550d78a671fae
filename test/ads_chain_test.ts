/** Kills ads, its archive and its restore in turn: what the API ever gave is always in one place. */
import { assert, assertEquals } from "@std/assert";
import { AdsOracle } from "./support/ads_oracle.ts";
import { type AdsRun, AdsWorld } from "./support/ads_world.ts";
import { runVerify } from "./support/archive_world.ts";
import { Random } from "./support/random.ts";
import { seeds } from "./support/seeds.ts";

const IS_FULL = Deno.env.get("REQUIRE_ALL") === "1";
const HOUR_MS = 3_600_000;
const RETENTION_MS = 30 * 24 * HOUR_MS;
const ROUNDS = 24;

/** One job that is killed, and killed again while that is made good. */
interface Round {
  job: AdsRun;
  points: string[];
  /** What comes between the kills and the run that is left alone. */
  between?: AdsRun;
}

const ADS: AdsRun = { script: "ads" };
const RESTORE: AdsRun = { script: "ads_restore", flags: ["--from=2000-01-01"] };

/** Archives what was shown so many hours ago or earlier. */
function archive(hours: number): AdsRun {
  const as_of = new Date(Date.now() + RETENTION_MS - hours * HOUR_MS);
  return { script: "ads_archive", flags: [`--as-of=${as_of.toISOString()}`] };
}

/** The steps that a run of each job has at least; more are past its end. */
const STEPS = { ads: 19, ads_archive: 20, ads_restore: 14 };

const SAMPLE: Round[] = [
  { job: ADS, points: ["fetch backup:after", "put backup:before"] },
  {
    job: archive(4),
    points: ["commit archived:before", "commit archived:after"],
  },
  { job: ADS, points: ["commit load:after"], between: archive(2) },
  { job: RESTORE, points: ["commit restored:after"] },
];

function* drawn(random: Random): Generator<Round> {
  const draw = (): AdsRun =>
    random.pick([ADS, ADS, archive(random.below(24)), RESTORE]);
  for (let number = 0; number < ROUNDS; number++) {
    const job = draw();
    const points = Array.from(
      { length: 1 + random.below(2) },
      () =>
        `${1 + random.below(STEPS[job.script!])}:${
          random.pick(["before", "after"])
        }`,
    );
    yield { job, points, between: random.percent(30) ? draw() : undefined };
  }
}

Deno.test("ads, archive and restore, killed once and again, keep every ad that the API gave", async () => {
  for (const seed of IS_FULL ? seeds({ few: 0, many: 0 }) : [1]) {
    await using world = await AdsWorld.make({ seed, repeat_share: 15 });
    const oracle = new AdsOracle(world);
    // Something to archive and to restore.
    for (const job of [ADS, archive(6)]) await world.expect(0, job);
    let kills = 0;
    for (const round of IS_FULL ? drawn(new Random(seed)) : SAMPLE) {
      const note = `${JSON.stringify(round)} (SLUICE_SEED=${seed})`;
      const killed = await kill(oracle, { ...round, note });
      if (!IS_FULL) assertEquals(killed, round.points.length, note);
      kills += killed;
      if (round.between) await world.expect(0, round.between);
      await oracle.assertSound(`between: ${note}`);
      await world.expect(0, round.job);
      await oracle.assertAllThere(note);
    }
    console.log(`killed ${kills} times (SLUICE_SEED=${seed})`);
    assert(kills > (IS_FULL ? ROUNDS / 2 : 4), `only ${kills} kills`);

    // Everything goes, and everything comes back.
    for (const job of [ADS, archive(-24)]) await world.expect(0, job);
    const gone = await oracle.assertAllThere("gone");
    assertEquals(gone.live.size, 0);
    const verified = await runVerify(world.environment);
    assertEquals(verified.exit, 0, verified.stderr);
    await world.expect(0, RESTORE);
    const back = await oracle.assertAllThere("back");
    assertEquals([back.live.size, back.away.size], [gone.away.size, 0]);
    await oracle.assertInOrder();
  }
});

/** Kills one run after the other; how many did not come to their end before. */
async function kill(
  oracle: AdsOracle,
  { job, points, note }: Round & { note: string },
): Promise<number> {
  for (const [number, point] of points.entries()) {
    const run = await oracle.world.run({
      ...job,
      env: { SLUICE_CRASH_AT: point },
    });
    if (run.signal !== "SIGKILL") {
      assertEquals(run.exit, 0, `${note}: ${run.stderr}`);
      return number;
    }
    await oracle.assertSound(`killed at ${point}: ${note}`);
  }
  return points.length;
}
