/**
 * sample: makes the sample data of a pipeline again, the same to the byte.
 *
 *   deno task sample posts
 *
 * Another seed gives other data of the same shape: --seed 7
 */
import { UsageError } from "../lib/cli/inputs.ts";
import { main } from "../lib/cli/main.ts";
import { knownPipeline } from "../lib/cli/names.ts";

const SEED = 1;

await main(
  {
    arguments: ["<pipeline>"],
    flags: {
      seed: { kind: "text", help: "--seed <number>      1 when left out" },
      folder: {
        kind: "text",
        help: "--folder <path>      data/<pipeline> when left out",
      },
    },
  },
  async ({ arguments: [name], texts, report }) => {
    const pipeline = await knownPipeline(name);
    const script = `data/${pipeline}/sample.ts`;
    if (!await Deno.stat(script).catch(() => undefined)) {
      throw new UsageError(
        `Cannot start: expected ${script}, found none: what is in data/${pipeline}/ is written by hand`,
      );
    }
    const { sample } = await import(`file://${Deno.cwd()}/${script}`);
    const seed = Number(texts.seed ?? SEED);
    if (!Number.isSafeInteger(seed)) {
      throw new UsageError(
        `Cannot start: expected --seed to be a whole number, found "${texts.seed}"`,
      );
    }
    const folder = texts.folder ?? `data/${pipeline}`;
    await Deno.mkdir(folder, { recursive: true });
    for (const file of await sample(folder, seed)) report.line(file);
  },
);
