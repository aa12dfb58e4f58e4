import { measureTitles, sayMeasure } from '../health/measure.ts';
import { sparkline } from '../health/sparkline.ts';
import type { HealthPoint } from './health-state.ts';

/** Crash-free sessions move by tenths of a percent without anything being wrong. */
const steady = 0.005;

/** How a version's reports went, as a chart of one line and in words; undefined while there is nothing to compare. */
export function healthTrend(
  points: readonly HealthPoint[],
): { readonly about: string; readonly line: string; readonly ends: string } | undefined {
  const measure = (['crash_free_sessions', 'error_rate'] as const).find(
    (one) => points.filter((point) => point[one] !== undefined).length > 1,
  );
  if (measure === undefined) return undefined;
  const values = points.map((point) => point[measure]);
  const known = values.filter((value) => value !== undefined);
  const [first = 0] = known;
  return {
    about: `${measureTitles[measure]}, last ${points.length} reports`,
    line: sparkline(values, steady),
    ends: `${sayMeasure(measure, first)} → ${sayMeasure(measure, known.at(-1) ?? 0)}`,
  };
}
