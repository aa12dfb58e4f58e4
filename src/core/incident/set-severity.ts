import { hasRole, type Actor } from '../actor.ts';
import { anyRole, lacksPermission } from '../permission.ts';
import type { Policies } from '../policies/policies.ts';
import { refuse } from '../refusal.ts';
import { freezes, type Severity } from '../severity.ts';
import { only, type Context, type Decision } from '../stream.ts';
import { tellChannel } from './begin.ts';
import { withDueCalls } from './due-calls.ts';
import type { IncidentEvent } from './event.ts';
import type { Of } from './intent.ts';
import { alreadyResolved } from './resolve.ts';
import { severitySlice } from './severity-slice.ts';
import { isOpen, type Incident } from './state.ts';

/** Somebody judges how bad it is. */
export function setSeverity(
  state: Incident,
  message: Of<'incident.set-severity'>,
  context: Context,
): Decision<IncidentEvent> {
  const { severity, reason } = message.intent;
  const what = `set ${state.id} to ${severity}`;
  const lacking = lacksPermission(message.by, anyRole, what);
  if (lacking) return only(lacking);
  if (!isOpen(state)) return only(alreadyResolved(state, what));
  const change = severityChange(state, severity, reason, message.by, context.policies);
  // A lead may confirm what somebody else has lowered.
  if (severity === state.severity && change.was === state.was)
    return only(refuse('no-change', what, `${state.id} is ${severity} already.`));
  return {
    events: withDueCalls(state, [change], message, context),
    tells: [tellChannel(state, severity, change.was)],
  };
}

/** The change with the clocks and the ladder that come with it. */
export function severityChange(
  state: Incident,
  to: Severity,
  reason: string,
  by: Actor,
  policies: Policies,
): Extract<IncidentEvent, { type: 'severity.changed' }> {
  // A service that has left the policies meanwhile keeps what its incident began with.
  const { clocks, ladder } = severitySlice(state.service, to, policies) ?? state;
  const was = stillFreezing(state, to, by);
  return { type: 'severity.changed', from: state.severity, to, was, reason, clocks, ladder };
}

/** A freeze is lifted by a lead, who answers for it by name, and not by calling the incident less than it was. */
function stillFreezing(state: Incident, to: Severity, by: Actor): Severity | undefined {
  const was = state.was ?? state.severity;
  const lifts = by.kind === 'person' && hasRole(by, ['lead']);
  return freezes(was) && !freezes(to) && !lifts ? was : undefined;
}
