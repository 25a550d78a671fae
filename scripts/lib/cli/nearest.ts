/** The name that someone who mistyped probably meant. */
export function nearest(
  name: string,
  candidates: string[],
): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, far: distance(name, candidate) }))
    .sort((one, other) => one.far - other.far);
  return best?.candidate;
}

/** How many letters must be put in, taken out or replaced. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      next.push(Math.min(
        row[j] + 1,
        next[j - 1] + 1,
        row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1),
      ));
    }
    row = next;
  }
  return row[other.length];
}
