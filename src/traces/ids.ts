import { createHash } from 'node:crypto';
import { TraceFlags, type SpanContext } from '@opentelemetry/api';
import { RandomIdGenerator, type IdGenerator } from '@opentelemetry/sdk-trace-base';

/**
 * Where the trace of an inbox item begins: made of its id, so that whoever reads it, another replica or the next start,
 * goes on with the same trace, and nothing has to be stored for that.
 */
export function contextOfItem(id: string): SpanContext {
  const hash = createHash('sha256').update(id).digest('hex');
  const [traceId, spanId] = [hash.slice(0, 32), hash.slice(32, 48)];
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

/** Random ids, but for the next root span of which they are said. */
export function idsToBeSaid(): IdGenerator & { readonly say: (ids: SpanContext) => void } {
  const random = new RandomIdGenerator();
  let said: Partial<SpanContext> = {};
  return {
    say: ({ traceId, spanId }) => {
      said = { traceId, spanId };
    },
    // Each of the two is taken once, in whichever order.
    generateTraceId: () => {
      const { traceId = random.generateTraceId(), ...left } = said;
      said = left;
      return traceId;
    },
    generateSpanId: () => {
      const { spanId = random.generateSpanId(), ...left } = said;
      said = left;
      return spanId;
    },
  };
}

/** W3C Trace Context: `00-<trace>-<span>-<flags>`. */
export function writeTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** @returns undefined for what is none, or has only zeros where an id should be */
export function readTraceparent(value: unknown): SpanContext | undefined {
  if (typeof value !== 'string') return undefined;
  const [, traceId, spanId, flags] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId) || value.startsWith('ff')) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}
