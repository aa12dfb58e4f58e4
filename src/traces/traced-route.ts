import { SpanKind } from '@opentelemetry/api';
import type { Route } from '../http/wire.ts';
import { readTraceparent } from './ids.ts';
import { below, type Spans } from './spans.ts';

/** The same route; of the API, with a span for each request, which goes on with the trace that the caller is in. */
export function tracedRoute(spans: Spans): (route: Route) => Route {
  return (route) => {
    const { method, path, handle } = route;
    if (!path.startsWith('/api/')) return route;
    const attributes = { 'http.request.method': method, 'http.route': path };
    return {
      ...route,
      handle: (request) => {
        const parent = below(readTraceparent(request.headers['traceparent']));
        return spans.during(
          `${method} ${path}`,
          { kind: SpanKind.SERVER, attributes, parent },
          () => handle(request),
          ({ status }) => ({ 'http.response.status_code': status }),
        );
      },
    };
  };
}
