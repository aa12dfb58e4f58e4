import { anyRole, lacksPermission } from '../permission.ts';
import { refuse } from '../refusal.ts';
import { only, type Decision } from '../stream.ts';
import { tellChannel } from './begin.ts';
import type { IncidentEvent } from './event.ts';
import type { Of } from './intent.ts';
import { isOpen, type Incident } from './state.ts';

/** It is over, unless an operation for it is not. */
export function resolve(state: Incident, message: Of<'incident.resolve'>): Decision<IncidentEvent> {
  const what = `resolve ${state.id}`;
  const lacking = lacksPermission(message.by, anyRole, what);
  if (lacking) return only(lacking);
  if (!isOpen(state)) return only(alreadyResolved(state, what));
  const operations = Object.entries({ ...state.operations, ...state.promotions });
  const unknown = operations.find(([, progress]) => progress === 'unknown');
  if (unknown) {
    return only(
      refuse(
        'not-open',
        what,
        `Nobody knows how ${unknown[0]} ended. Look, say so on its card, and resolve then.`,
      ),
    );
  }
  const busy = operations.find(([, progress]) => ['open', 'running', 'held'].includes(progress));
  if (busy) {
    const instead = busy[1] === 'open' ? 'withdraw' : 'abort';
    return only(
      refuse(
        'not-open',
        what,
        `${busy[0]} is still under way on ${state.app}/${state.channel}. Resolve when it has ended, or ${instead} it first.`,
      ),
    );
  }
  return {
    events: [{ type: 'incident.resolved', name: message.by.name, reason: message.intent.reason }],
    tells: [tellChannel(state, undefined)],
  };
}

export function alreadyResolved(state: Incident, what: string): IncidentEvent {
  const by = state.resolved ? ` by ${state.resolved.by}` : '';
  return refuse(
    'not-open',
    what,
    `${state.id} was resolved${by}. If it is back, declare a new one: /incident declare.`,
  );
}
