import type { Route } from './wire.ts';

/** `GET /metrics`, for Prometheus: numbers only. Several who ask at once are shown one look. */
export function metricsRoute(metrics: {
  readonly contentType: string;
  readonly text: () => Promise<string>;
}): Route {
  let looking: Promise<string> | undefined;
  return {
    method: 'GET',
    path: '/metrics',
    handle: async () => {
      looking ??= metrics.text().finally(() => (looking = undefined));
      return { status: 200, text: await looking, headers: { 'content-type': metrics.contentType } };
    },
  };
}
