import type { Metrics } from './metrics.ts';

/** The same intake; what was taken and not stored is counted, which `measuredStore` does not see. */
export function countRepeats<Door extends { readonly source: string }, Request>(
  metrics: Metrics,
  take: (door: Door, request: Request) => Promise<string | undefined>,
): (door: Door, request: Request) => Promise<void> {
  return async (door, request) => {
    if ((await take(door, request)) === undefined)
      metrics.received.inc({ source: metrics.source(door.source), result: 'unchanged' });
  };
}
