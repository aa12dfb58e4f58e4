import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';

/** Begins spans, and remembers across `await` in which of them somebody is. */
export interface Spans {
  readonly current: () => Context | undefined;
  readonly begin: (name: string, options: SpanOptions, parent: Context | undefined) => Span;
  /** Runs the work in a span of its own, which ends with it; `learn` says what is known of it then. */
  readonly during: <T>(
    name: string,
    options: SpanOptions & { readonly parent: Context | undefined },
    work: (span: Span) => Promise<T>,
    learn?: (result: T) => Attributes,
  ) => Promise<T>;
}

export function spansOf(tracer: Tracer): Spans {
  const here = new AsyncLocalStorage<Context>();
  const begin: Spans['begin'] = (name, options, parent) =>
    tracer.startSpan(name, options, parent ?? ROOT_CONTEXT);
  return {
    current: () => here.getStore(),
    begin,
    during: async (name, { parent, ...options }, work, learn) => {
      const span = begin(name, options, parent);
      try {
        const result = await here.run(trace.setSpan(parent ?? ROOT_CONTEXT, span), () => work(span));
        if (learn) span.setAttributes(learn(result));
        return result;
      } catch (error) {
        failed(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

/** What went wrong, by its kind: a message may quote what people or alerts wrote. */
export function failed(span: Span, error: unknown): void {
  span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
  span.setStatus({ code: SpanStatusCode.ERROR });
}

export function below(parent: SpanContext | undefined): Context | undefined {
  return parent && trace.setSpanContext(ROOT_CONTEXT, parent);
}
