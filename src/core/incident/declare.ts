import { anyRole, lacksPermission } from '../permission.ts';
import { refuse } from '../refusal.ts';
import { nothing, only, type Context, type Decision } from '../stream.ts';
import { begin } from './begin.ts';
import type { IncidentEvent } from './event.ts';
import type { Of } from './intent.ts';
import type { Incident } from './state.ts';

/** Somebody opens an incident by hand; one that is open already is named instead. */
export function declare(
  state: Incident | undefined,
  message: Of<'incident.declare'>,
  context: Context,
): Decision<IncidentEvent> {
  const what = state ? `declare a second incident for ${state.serviceTitle}` : 'declare an incident';
  const lacking = lacksPermission(message.by, anyRole, what);
  if (lacking) return state ? only(lacking) : nothing;
  if (state) {
    return only(
      refuse(
        'no-change',
        what,
        `${state.id} (${state.severity}: ${state.title}) is open on ${state.app}/${state.channel} already. Take it: /incident ack ${state.id}. If it is worse than that: /incident sev ${state.id} P0 <reason>.`,
      ),
    );
  }
  return begin(message.intent, context);
}
