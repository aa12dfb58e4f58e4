/** One figure. `floor` is the same work by `against` in the same run; `bound` and `ok` where one is promised. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  readonly against?: string;
  readonly floor?: number;
  /** `value / floor` */
  readonly ratio?: number;
  readonly bound?: number;
  /** What must not be beyond the bound: the value, in its unit, or the ratio; below it, or above. */
  readonly bounds?: Bounds;
  readonly ok?: boolean;
}

/** A figure that could not be measured here, and what is missing. */
export interface Skipped {
  readonly name: string;
  readonly skipped: string;
}

export type Unit = 'ms' | 'MB' | '1/s' | 'ms CPU' | 'µs CPU' | '';
export type Bounds = 'value at most' | 'ratio at most' | 'ratio at least';

interface Measured {
  readonly name: string;
  readonly unit: Unit;
  readonly value: number;
  readonly floor: number;
  /** By whom the floor is; left out: the bare parts. */
  readonly against?: string;
}

/** A figure beside another, without a promise. */
export function beside(figure: Measured): Row {
  const { name, unit, value, floor, against = 'bare' } = figure;
  return { name, value: rounded(value), unit, against, floor: rounded(floor), ratio: rounded(value / floor) };
}

/** A figure that must not exceed `bound` in its own unit, whatever the bare parts cost. */
export function atMost(bound: number, figure: Measured): Row {
  return { ...beside(figure), bound, bounds: 'value at most', ok: figure.value <= bound };
}

/** A figure that may be so many times the floor, and no more. */
export function atMostTimes(bound: number, figure: Measured): Row {
  return { ...beside(figure), bound, bounds: 'ratio at most', ok: figure.value <= bound * figure.floor };
}

/** A figure that has to be so many times the floor, or more. */
export function atLeastTimes(bound: number, figure: Measured): Row {
  return { ...beside(figure), bound, bounds: 'ratio at least', ok: figure.value >= bound * figure.floor };
}

/** A figure on its own, that must not exceed `bound`. */
export function absolute(bound: number, figure: Pick<Measured, 'name' | 'unit' | 'value'>): Row {
  const { name, unit, value } = figure;
  return { name, value: rounded(value), unit, bound, bounds: 'value at most', ok: value <= bound };
}

/** One line for a person. */
export function sayRow(row: Row | Skipped): string {
  const name = row.name.padEnd(50);
  if ('skipped' in row) return `${name}   skipped: ${row.skipped}`;
  const { value, unit, against, floor, ratio, bound, bounds, ok } = row;
  const measured = `${String(value).padStart(9)} ${unit}`.padEnd(17);
  const other = floor === undefined ? '' : `${against ?? ''} ${floor}, × ${ratio ?? ''}`.padEnd(28);
  const promised =
    bounds === undefined
      ? ''
      : `${ok === true ? 'within' : 'BEYOND'} ${bounds === 'value at most' ? `${bound} ${unit}` : `${bounds === 'ratio at least' ? '≥' : '≤'} × ${bound}`}`;
  return `${name} ${measured} ${other} ${promised}`.trimEnd();
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
