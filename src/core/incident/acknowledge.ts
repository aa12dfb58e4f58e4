import { anyRole, lacksPermission, takesPerson } from '../permission.ts';
import { nothing, only, type Decision } from '../stream.ts';
import type { IncidentEvent } from './event.ts';
import type { Of } from './intent.ts';
import { alreadyResolved } from './resolve.ts';
import { isHolder, isOpen, type Incident } from './state.ts';

/** Somebody has it, perhaps from somebody else. */
export function acknowledge(state: Incident, message: Of<'incident.acknowledge'>): Decision<IncidentEvent> {
  const what = `acknowledge ${state.id}`;
  const lacking = takesPerson(message.by, what) ?? lacksPermission(message.by, anyRole, what);
  if (lacking) return only(lacking);
  if (!isOpen(state)) return only(alreadyResolved(state, what));
  // A second click is no deed: nothing to put on record, and nothing to refuse.
  if (isHolder(state, message.by)) return nothing;
  const { acknowledged: had } = state;
  const from = had && { from: { name: had.by, person: had.person } };
  return only({ type: 'incident.acknowledged', name: message.by.name, ...from });
}
