import { randomUUID } from 'node:crypto';
import { diag, DiagLogLevel, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Milliseconds } from '../core/time.ts';
import type { Store } from '../store/store.ts';
import { reveal, type Secret } from '../trust/secrets.ts';
import { idsToBeSaid } from './ids.ts';
import { spansOf } from './spans.ts';
import { tracedCarrier } from './traced-carrier.ts';
import { tracedReaders } from './traced-readers.ts';
import { tracedRoute } from './traced-route.ts';
import { tracedStore } from './traced-store.ts';

/** What is put around the edges of a bot, to see how long each part of its work took, and what it follows from. */
export interface Traces {
  readonly store: (store: Store) => Store;
  readonly carrier: ReturnType<typeof tracedCarrier>;
  readonly reader: ReturnType<typeof tracedReaders>;
  readonly route: ReturnType<typeof tracedRoute>;
  /** Sends what has not been sent, or gives it up soon. */
  readonly stop: () => Promise<void>;
}

const lastWords: Milliseconds = 3_000;
/** A collector that is away is away for every batch; that is told so often. */
const complainEvery: Milliseconds = 600_000;

/**
 * Traces by OTLP over HTTP. Loaded only when somebody asks for them: the SDK takes 16 MB. What it does not find among
 * our settings it reads from its own variables (`OTEL_TRACES_SAMPLER`, `OTEL_BSP_…`).
 */
export function startTraces(options: {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, Secret>>;
  readonly serviceName: string;
  readonly version: string;
  readonly warn: (fields: { readonly why: string }, message: string) => void;
}): Traces {
  const { endpoint, headers, serviceName, version, warn } = options;
  const ids = idsToBeSaid();
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, reveal(value)])),
  });
  const provider = new BasicTracerProvider({
    idGenerator: ids,
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.version': version,
      'service.instance.id': randomUUID(),
    }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  let complained = -complainEvery;
  const complain = (why: string): void => {
    if (performance.now() - complained < complainEvery) return;
    complained = performance.now();
    warn({ why }, 'traces are not taken, and are lost; nothing else depends on them');
  };
  const silent = (): void => undefined;
  diag.setLogger(
    { error: complain, warn: complain, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );

  const spans = spansOf(provider.getTracer('lastgood', version));
  /** Attempts that have come back, until their outcome is stored. */
  const attempts = new Map<string, Context>();
  return {
    store: (store) =>
      tracedStore(store, spans, ids.say, (id) => {
        const attempt = attempts.get(id);
        attempts.delete(id);
        return attempt;
      }),
    carrier: tracedCarrier(spans, (id, span) => attempts.set(id, trace.setSpan(ROOT_CONTEXT, span))),
    reader: tracedReaders(spans),
    route: tracedRoute(spans),
    stop: async () => {
      const sent = provider.shutdown().catch((error: unknown) => complain(String(error)));
      await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, lastWords).unref())]);
      diag.disable();
    },
  };
}
