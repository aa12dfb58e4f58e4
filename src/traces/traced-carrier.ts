import { SpanKind, SpanStatusCode, type Span } from '@opentelemetry/api';
import type { AnyCarrier, Carrier } from '../core/effect.ts';
import { readTraceparent } from './ids.ts';
import { below, type Spans } from './spans.ts';
import type { Traced } from './traced-store.ts';

/**
 * The same carrier, with a span for each attempt: below what decided it, whichever process that was.
 * @param tried is told which span an attempt on an effect was, by the effect's row
 */
export function tracedCarrier(
  spans: Spans,
  tried: (row: string, span: Span) => void,
): (carrier: AnyCarrier) => AnyCarrier {
  return (carrier) => {
    // A carrier is handed what it carries, which the types cannot follow over all of them.
    const inner = carrier as unknown as Carrier;
    const traced: Carrier = {
      types: inner.types,
      carry: (errand) => {
        const { id, effect, stream, attempt, mayHaveHappened } = errand;
        const attributes = {
          'lastgood.effect': id,
          'lastgood.stream': stream,
          'lastgood.attempt': attempt,
          'lastgood.repeats': mayHaveHappened,
        };
        const parent = below(readTraceparent((effect as Traced).traceparent));
        return spans.during(
          `carry ${effect.type}`,
          { kind: SpanKind.CLIENT, attributes, parent },
          async (span) => {
            // Behind the store's id, as it goes out.
            tried(id.slice(id.indexOf('/') + 1), span);
            const outcome = await inner.carry(errand);
            span.setAttribute('lastgood.outcome', outcome.status);
            if (outcome.status === 'failed' || outcome.status === 'unknown')
              span.setStatus({ code: SpanStatusCode.ERROR });
            return outcome;
          },
        );
      },
    };
    return traced as unknown as AnyCarrier;
  };
}
