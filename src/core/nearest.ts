/**
 * The word that somebody probably meant.
 * @returns undefined when nothing is near enough to be worth suggesting.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  const furthest = Math.max(1, Math.floor(typed.length / 3));
  const near = candidates
    // What differs more in length cannot be near; and whatever somebody sends us, comparing it costs next to nothing.
    .filter((candidate) => candidate !== word && Math.abs(candidate.length - typed.length) <= furthest)
    .map((candidate) => ({ candidate, distance: editDistance(typed, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= furthest)
    .toSorted((a, b) => a.distance - b.distance);
  return near[0]?.candidate;
}

/** How many letters have to be added, dropped, replaced or swapped with their neighbour. */
function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          cost(current[column - 1], 1),
          cost(last[column], 1),
          cost(last[column - 1], same ? 0 : 1),
          swapped ? cost(beforeLast[column - 2], 1) : Infinity,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? Infinity;
}

function cost(before: number | undefined, more: number): number {
  return before === undefined ? Infinity : before + more;
}
