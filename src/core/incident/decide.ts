import { nothing, only, type Context, type Decision, type Message } from '../stream.ts';
import { acknowledge } from './acknowledge.ts';
import { declare } from './declare.ts';
import { withDueCalls } from './due-calls.ts';
import type { IncidentEvent } from './event.ts';
import type { IncidentIntent } from './intent.ts';
import { hearPagerduty } from './pagerduty.ts';
import { receiveAlerts } from './receive-alerts.ts';
import { resolve } from './resolve.ts';
import { setSeverity } from './set-severity.ts';
import { settle } from './settle.ts';
import type { Incident } from './state.ts';
import { tick } from './tick.ts';

/** What an intent makes happen to an incident. */
export function decideIncident(
  state: Incident | undefined,
  message: Message<IncidentIntent>,
  context: Context,
): Decision<IncidentEvent> {
  const { intent } = message;
  switch (intent.type) {
    case 'alerts.receive':
      return receiveAlerts(state, { ...message, intent }, context);
    case 'incident.declare':
      return declare(state, { ...message, intent }, context);
    default:
      break;
  }
  // Everything else needs an incident; one that is gone (or never was) has nothing to say.
  if (!state) return nothing;
  switch (intent.type) {
    case 'incident.acknowledge':
      return acknowledge(state, { ...message, intent });
    case 'incident.set-severity':
      return setSeverity(state, { ...message, intent }, context);
    case 'incident.resolve':
      return resolve(state, { ...message, intent });
    case 'incident.name-suspect':
      // The first rung is called here, so that whoever is paged first reads what was released, too.
      return {
        events: withDueCalls(state, [{ type: 'suspect.named', suspect: intent.suspect }], message, context),
        tells: [],
      };
    case 'incident.note-operation': {
      const { type: _note, ...noted } = intent;
      return only({ type: 'operation.noted', ...noted });
    }
    case 'incident.note-refusal':
      return only(intent.refusal);
    case 'pagerduty.report':
      return hearPagerduty(state, { ...message, intent }, () =>
        acknowledge(state, { ...message, intent: { type: 'incident.acknowledge' } }),
      );
    case 'clock.tick':
      return { events: tick(state, { ...message, intent }, context), tells: [] };
    case 'effect.settled':
      return settle(state, intent, context.policies);
    case 'effect.progressed':
      return nothing;
    default:
      return intent satisfies never;
  }
}
