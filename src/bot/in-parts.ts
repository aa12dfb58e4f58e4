import type { Envelope } from '../core/envelope.ts';

/** So many alerts are decided in one transaction: everybody else waits for it, and a database does not wait for long. */
const mostAlerts = 500;

/**
 * What one notification asks for, in parts that are each decided alone, in their order; at least one. Read again from
 * the beginning, the parts that were decided before are repeats: they change nothing, unless somebody has resolved the
 * incident since.
 */
export function inParts(envelopes: readonly Envelope[]): readonly (readonly Envelope[])[] {
  const parts: Envelope[][] = [[]];
  let count = 0;
  for (const piece of envelopes.flatMap(pieces)) {
    const size = sizeOf(piece);
    if (count > 0 && count + size > mostAlerts) {
      parts.push([]);
      count = 0;
    }
    parts.at(-1)?.push(piece);
    count += size;
  }
  return parts;
}

function pieces(envelope: Envelope): readonly Envelope[] {
  const { intent } = envelope;
  if (intent.type !== 'alerts.receive' || intent.alerts.length <= mostAlerts) return [envelope];
  return Array.from({ length: Math.ceil(intent.alerts.length / mostAlerts) }, (_, n) => {
    const alerts = intent.alerts.slice(n * mostAlerts, (n + 1) * mostAlerts);
    return { ...envelope, intent: { ...intent, alerts } };
  });
}

function sizeOf({ intent }: Envelope): number {
  return intent.type === 'alerts.receive' ? intent.alerts.length : 1;
}
