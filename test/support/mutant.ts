/** One mistake that somebody could make in a SQL folder. */
import type { TestDialect } from "./environment.ts";

type ByDialect<T> = T | Record<TestDialect, T>;

/** A mistake: which file, what is found in it and what stands there instead. */
export interface Mutant {
  /** What went wrong, as a sentence without its dot. */
  name: string;
  /** The name of the file matches, whatever its number. */
  file: RegExp;
  find: ByDialect<RegExp>;
  to?: ByDialect<string>;
  /** Names of the cases that are about it, in case no proof notices. */
  cases?: RegExp;
  /** Why nobody could ever see a difference. */
  equivalent?: string;
}

/** The files with the mistake in one of them: its path and its new text. */
export async function mutate(
  { file, find, to = "", name }: Mutant,
  { folder, dialect }: { folder: string; dialect: TestDialect },
): Promise<{ path: string; text: string; mutated: string }> {
  const pattern = find instanceof RegExp ? find : find[dialect];
  const replacement = typeof to === "string" ? to : to[dialect];
  for await (const entry of Deno.readDir(folder)) {
    if (!file.test(entry.name)) continue;
    const path = `${folder}/${entry.name}`;
    const text = await Deno.readTextFile(path);
    const mutated = text.replace(pattern, replacement);
    if (mutated === text) {
      throw new Error(
        `Cannot make the mistake "${name}": ${path} has no ${pattern}`,
      );
    }
    return { path, text, mutated };
  }
  throw new Error(
    `Cannot make the mistake "${name}": ${folder} has no ${file}`,
  );
}
