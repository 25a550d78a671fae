/** Checks a name that was typed against those that exist. */
import { pipelineOf } from "../run/context.ts";
import { UsageError } from "./inputs.ts";
import { nearest } from "./nearest.ts";

/** The name, or an error that says which ones there are. */
export function oneOf<T extends string>(
  what: string,
  name: string,
  known: readonly T[],
): T {
  if ((known as readonly string[]).includes(name)) return name as T;
  throw new UsageError(
    `Cannot start: expected ${what} to be one of ${
      known.join(", ")
    }, found "${name}": did you mean "${nearest(name, [...known])}"?`,
  );
}

/** A job: a folder under `sql/`. */
export async function knownJob(name: string): Promise<string> {
  return oneOf("the job", name, await jobs());
}

/** A pipeline: the first word of a job. */
export async function knownPipeline(name: string): Promise<string> {
  const pipelines = new Set((await jobs()).map(pipelineOf));
  return oneOf("the pipeline", name, [...pipelines]);
}

/** The jobs that were typed, or every job when none was. */
export async function chosenJobs(typed: string[]): Promise<string[]> {
  return typed.length ? await Promise.all(typed.map(knownJob)) : await jobs();
}

/** Every job: the folders under `sql/`. */
export async function jobs(): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir("sql")) {
    if (entry.isDirectory) names.push(entry.name);
  }
  return names.sort();
}
