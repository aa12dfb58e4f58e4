/** What a release bot measures. Rates are fractions from 0 to 1, times are milliseconds. */
export const measures = [
  'crash_free_sessions',
  'crash_free_users',
  'error_rate',
  'success_rate',
  'degraded_rate',
  'p95_ms',
  'p99_ms',
] as const;
export type Measure = (typeof measures)[number];

export const measureTitles: Readonly<Record<Measure, string>> = {
  crash_free_sessions: 'Crash-free sessions',
  crash_free_users: 'Crash-free users',
  error_rate: 'Error rate',
  success_rate: 'Success rate',
  degraded_rate: 'Degraded rate',
  p95_ms: 'p95',
  p99_ms: 'p99',
};

/** Of these more is better, and a threshold is a floor; of the others less is. */
const floors: readonly Measure[] = ['crash_free_sessions', 'crash_free_users', 'success_rate'];

export function hasFloor(measure: Measure): boolean {
  return floors.includes(measure);
}

/** `99.71 %`, `210 ms` */
export function sayMeasure(measure: Measure, value: number): string {
  return isTime(measure) ? `${trimmed(value, 1)} ms` : `${trimmed(value * 100, 3)} %`;
}

/** `+0.12 points`, `−30 ms`: how far a value has moved; undefined when nobody could see it. */
export function sayChange(measure: Measure, from: number, to: number): string | undefined {
  const [text, unit] = isTime(measure)
    ? [trimmed(to - from, 1), ' ms']
    : [trimmed((to - from) * 100, 3), ' points'];
  if (Number(text) === 0) return undefined;
  return `${text.startsWith('-') ? text.replace('-', '−') : `+${text}`}${unit}`;
}

function isTime(measure: Measure): boolean {
  return measure.endsWith('_ms');
}

/** At most so many digits after the point, and none that say nothing. */
function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
