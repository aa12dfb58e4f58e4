/** One figure. `floor` is the same work on the bare parts in the same run; `bound` and `ok` where one is promised. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB';
  readonly floor?: number;
  readonly ratio?: number;
  readonly bound?: number;
  readonly ok?: boolean;
}

/** A figure that must not exceed `bound`, beside what the bare parts cost. */
export function atMost(
  bound: number,
  figure: {
    readonly name: string;
    readonly unit: Row['unit'];
    readonly value: number;
    readonly floor: number;
  },
): Row {
  const { name, unit, value, floor } = figure;
  return {
    name,
    value: rounded(value),
    unit,
    floor: rounded(floor),
    ratio: rounded(value / floor),
    bound,
    ok: value <= bound,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1 + (sorted.length % 2)], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error('there is no median of nothing');
  return (low + high) / 2;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
