/** What one slice has measured. */
export type Figures = Readonly<Record<string, number>>;

/** Measures once. */
type Contender = (slice: number) => Promise<Figures>;

/**
 * Takes turns, A B and then B A: whatever the machine does meanwhile meets them all alike.
 * @param contenders one that is undefined is not there to be measured
 * @returns for each contender, one measurement a slice
 */
export async function interleaved<All extends Readonly<Record<string, Contender | undefined>>>(
  slices: number,
  contenders: All,
): Promise<{ readonly [Name in keyof All]: readonly Figures[] }> {
  const all = Object.entries(contenders).map(([name, contender]) => ({
    name,
    contender,
    measured: [] as Figures[],
  }));
  for (let slice = 0; slice < slices; slice += 1)
    for (const { contender, measured } of slice % 2 === 0 ? all : all.toReversed())
      if (contender) measured.push(await contender(slice));
  return Object.fromEntries(all.map(({ name, measured }) => [name, measured])) as unknown as {
    [Name in keyof All]: readonly Figures[];
  };
}

/** The median of one figure over all slices. */
export function middle(slices: readonly Figures[], figure: string): number {
  return median(
    slices.map((slice) => {
      const value = slice[figure];
      if (value === undefined) throw new Error(`${figure} was not measured`);
      return value;
    }),
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const [low, high] = [sorted[half - 1 + (sorted.length % 2)], sorted[half]];
  if (low === undefined || high === undefined) throw new Error('there is no median of nothing');
  return (low + high) / 2;
}

/** The value that so much of all (in (0, 1]) does not exceed. */
export function percentile(values: readonly number[], part: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1];
  if (value === undefined) throw new Error('there is no percentile of nothing');
  return value;
}
